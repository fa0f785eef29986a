// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite what commands print in the documents")

// block is a fenced block of a document.
type block struct {
	line     int    // of its first fence, from 1
	language string // what stands behind the fence
	lines    []string
	flags    []string // of the Collector, that the paragraph before the block asks for
}

// document is a Markdown file with its blocks.
type document struct {
	path   string
	lines  []string
	blocks []block
}

// documents reads every Markdown file of the repository.
func documents(t *testing.T) (all []document) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "node_modules"):
			return filepath.SkipDir
		case filepath.Ext(name) == ".md":
			all = append(all, readDocument(t, path))
		}
		return nil
	}))
	require.Greater(t, len(all), 10)
	return all
}

func readDocument(t *testing.T, path string) document {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	d := document{path: path, lines: strings.Split(string(text), "\n")}
	for i := 0; i < len(d.lines); i++ {
		language, fence := strings.CutPrefix(strings.TrimSpace(d.lines[i]), "```")
		if !fence {
			continue
		}
		b := block{line: i + 1, language: language, flags: flags(d.lines[:i])}
		for i++; i < len(d.lines) && strings.TrimSpace(d.lines[i]) != "```"; i++ {
			b.lines = append(b.lines, d.lines[i])
		}
		require.Less(t, i, len(d.lines), "%s:%d: a block without end", path, b.line)
		d.blocks = append(d.blocks, b)
	}
	return d
}

// flags are those of the Collector in the last paragraph.
func flags(lines []string) (found []string) {
	text := strings.TrimRight(strings.Join(lines, "\n"), "\n")
	paragraph := text[strings.LastIndex(text, "\n\n")+1:]
	for _, match := range regexp.MustCompile("`(--feature-gates=[^`]+)`").FindAllStringSubmatch(paragraph, -1) {
		found = append(found, match[1])
	}
	return found
}

func (b block) text() string { return strings.Join(b.lines, "\n") + "\n" }

// pictures are the blocks that nothing can run, by their first line, with what stands for their being right.
var pictures = map[string]string{
	" generator --link--> system --link--> system ... --link--> verifier": "a drawing",
	" one machine, as root": "a drawing",
	"runtime_view  00:00:15  22,431 spans, 1,498/s in the last 5s":                                             "TestReadmeShowsTable of runtime_view",
	"runtime_view  00:00:15  4,460 spans":                                                                      "TestOperationsTable of runtime_view",
	"FAIL  pipelinetest  after 10.5s; wanted: pass":                                                            "a run against a gateway that is made to lose",
	"  why, as the parts' own logs say:":                                                                       "a run against a gateway whose batches are too large: TestReasons of pipelinetest",
	"otlpload: api_gateway on tokio, 500 requests/s: traces to localhost:4317 (OTLP/gRPC, plaintext), for 30s": "a run against a backend of the reader's",
	"api_gateway on tokio, 500 requests/s: traces to localhost:4317 (OTLP/gRPC, plaintext), seed 1":            "a run against a backend of the reader's",
	"load_verify  00:00:20  run nightly  FAIL":                                                                 "a run against a pipeline that is made to lose",
	"  sampled, traces: 8.925 % of 62197 sent arrived; want 20 % +- 3 %":                                       "a run against a sampler that is made to lose",
	"  verifiers: this is the account of one verifier of 2: pipelinetest merge gives the verdict. ...":         "a line of a run of config/verify-shared.yaml: TestSharedVerify",
	"merged  run 42-20261128T072207.088715519-565b8dca  PASS":                                                  "two states of a run of config/verify-shared.yaml: TestSharedVerify",
	"  odd, traces: 1,280 sent, 1,188 arrived unchanged":                                                       "lines of a run through a pipeline that refuses and cuts",

	"  the near side: makes telemetry                     OTLP          the far side: judges telemetry":                                      "a drawing",
	"  YAML -> workload/spec -> workload -> workload/play -> scheduler/<model> -> fleet: recorder -> SDK -> requests -> deliver -> pipeline": "a drawing",

	"load: 5,000 spans/s for 30s; the rate was reached": "a load test: TestLoad of pipelinetest",
	"the highest rate without loss and with p99=3s: 3,670 spans/s held twice, 4,000 did not; limited by: something was lost, doubled or changed": "a search: TestSearchLine of pipelinetest",
}

// TestDocuments runs every block of every document, in the order in which a reader would, in a folder that looks like a checkout with
// everything built. A block of a kind that it does not know fails: nothing is left out without a reason. -update rewrites what commands print.
func TestDocuments(t *testing.T) {
	tools := buildCommands(t)
	t.Setenv("PIPELINETEST_LISTEN", "localhost:4317") // as pipelinetest does for the parts of a test
	t.Setenv("PIPELINETEST_TO_NEXT", "localhost:4318")
	for _, file := range []string{"CA", "CERT", "KEY"} {
		t.Setenv("PIPELINETEST_"+file, file+".pem")
	}
	t.Run("docs/queue-wait.svg", func(t *testing.T) { drawPicture(t, newCheckout(t, tools)) })
	for _, d := range documents(t) {
		name, err := filepath.Rel(root, d.path)
		require.NoError(t, err)
		t.Run(name, func(t *testing.T) {
			c := newCheckout(t, tools)
			for i := range d.blocks {
				t.Run(fmt.Sprintf("line %d", d.blocks[i].line), func(t *testing.T) { c.run(t, &d.blocks[i]) })
			}
			if *update {
				d.write(t)
			}
		})
	}
}

// write replaces the blocks of a document by what they are now.
func (d *document) write(t *testing.T) {
	t.Helper()
	fresh := []string{}
	next := 0
	for _, b := range d.blocks {
		fresh = append(append(fresh, d.lines[next:b.line]...), b.lines...)
		for next = b.line; strings.TrimSpace(d.lines[next]) != "```"; next++ {
		}
	}
	text := strings.Join(append(fresh, d.lines[next:]...), "\n")
	require.NoError(t, os.WriteFile(d.path, []byte(text), 0o644))
}

// run does what a reader would do with a block.
func (c *checkout) run(t *testing.T, b *block) {
	t.Helper()
	switch b.language {
	case "yaml":
		c.runYAML(t, b)
	case "sh":
		for _, line := range commandLines(b.lines) {
			c.runCommand(t, line)
		}
	case "json":
		assert.True(t, json.Valid([]byte(b.text())))
	case "":
		if strings.HasPrefix(b.lines[0], "$ ") {
			c.runTranscript(t, b)
			return
		}
		assert.Contains(t, pictures, b.lines[0], "neither commands nor a known picture")
	case "rust", "toml": // a program of the reader's, whose crates come from the network
	default:
		assert.Fail(t, "no rule for such a block", b.language)
	}
}

// buildCommands builds all of cmd/ into a folder.
func buildCommands(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", folder+"/", "./cmd/...")
	build.Dir = root
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	return folder
}

// link is a relative link of a document, to a file, to a heading, or to a heading in a file.
var link = regexp.MustCompile(`\]\(([^):#\s]*)(?:#([^)\s]*))?\)`)

// anchors are the names that GitHub gives to the headings of a document.
func (d document) anchors() (names []string) {
	for _, line := range d.lines {
		if heading, found := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); found && strings.HasPrefix(line, "#") {
			name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading), "")
			names = append(names, strings.ReplaceAll(name, " ", "-"))
		}
	}
	return names
}

// TestDocumentLinks: what documents point at is there, and so are the make targets and the configurations that they name.
func TestDocumentLinks(t *testing.T) {
	targets := makeTargets(t)
	for _, d := range documents(t) {
		text := strings.Join(d.lines, "\n")
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target := d
			if match[1] != "" {
				target.path = filepath.Join(filepath.Dir(d.path), match[1])
				if _, err := os.Stat(target.path); !assert.NoError(t, err, "%s links to it", d.path) || match[2] == "" {
					continue
				}
				target = readDocument(t, target.path)
			}
			assert.Contains(t, target.anchors(), match[2], "%s links to %s", d.path, match[0])
		}
		for _, match := range regexp.MustCompile("`make ([a-z][a-z-]*)").FindAllStringSubmatch(text, -1) {
			assert.Contains(t, targets, match[1], d.path)
		}
		for _, match := range regexp.MustCompile(`\bconfig/[a-z-]+\.yaml`).FindAllString(text, -1) {
			assert.FileExistsf(t, filepath.Join(root, match), "%s names it", d.path)
		}
	}
}
