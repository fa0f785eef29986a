// SPDX-License-Identifier: Apache-2.0

package release

import (
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

// install asks for the tests that install from a module proxy: they compile everything anew.
var install = flag.Bool("install", false, "install the programs from a module proxy (some minutes)")

// published is the main module as a proxy would serve it, in a version that nobody has published.
type published struct {
	module.Version

	environment []string // of Go commands that find it
}

// publish makes a proxy in a folder. It serves the files that are in Git or would be after `git add .`. Go's other modules come from
// its cache on this machine, or else from where they always do. Go has an empty cache of its own here: in the real one a version that
// differs from run to run would do harm.
func publish(t *testing.T, version string) published {
	t.Helper()
	if !*install {
		t.Skip("make install-test runs it")
	}
	m := module.Version{Path: modulePath, Version: version}
	dir := t.TempDir()
	folder := filepath.Join(dir, filepath.FromSlash(m.Path), "@v")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	archive, err := os.Create(filepath.Join(folder, version+".zip"))
	require.NoError(t, err)
	require.NoError(t, modzip.Create(archive, m, committed(t)))
	require.NoError(t, archive.Close())
	info, err := json.Marshal(map[string]any{"Version": version, "Time": time.Unix(0, 0).UTC()})
	require.NoError(t, err)
	for name, content := range map[string]string{version + ".info": string(info), version + ".mod": readFile(t, "go.mod"), "list": version + "\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}

	var env struct{ GOPROXY, GOMODCACHE string }
	require.NoError(t, json.Unmarshal([]byte(output(t, root, nil, "go", "env", "-json")), &env))
	return published{Version: m, environment: []string{
		"GOPROXY=" + strings.Join([]string{fileURL(dir), fileURL(filepath.Join(env.GOMODCACHE, "cache", "download")), env.GOPROXY}, ","),
		"GONOSUMDB=" + modulePath,
		"GOMODCACHE=" + t.TempDir(),
		"GOFLAGS=-modcacherw", // or t.TempDir could not be removed
		"GOWORK=off",
	}}
}

func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // of Windows, C:/...
		path = "/" + path
	}
	return "file://" + path
}

// file is one of the repository's, for the archive of a module.
type file struct{ path string }

func (f file) Path() string                 { return f.path }
func (f file) Lstat() (os.FileInfo, error)  { return os.Lstat(filepath.Join(root, f.path)) }
func (f file) Open() (io.ReadCloser, error) { return os.Open(filepath.Join(root, f.path)) }

// committed are the files that Git has or would take.
func committed(t *testing.T) []modzip.File {
	t.Helper()
	var files []modzip.File
	for path := range strings.SplitSeq(output(t, root, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00") {
		f := file{path}
		if info, err := f.Lstat(); path != "" && err == nil && info.Mode().IsRegular() { // one that was deleted is still in the index
			files = append(files, f)
		}
	}
	return files
}

// TestInstall: `go install` installs each program from a proxy, and the program knows its version.
func TestInstall(t *testing.T) {
	p := publish(t, "v0.1.0")
	for _, name := range programs(t) {
		bin := t.TempDir()
		output(t, t.TempDir(), append(p.environment, "GOBIN="+bin), "go", "install", p.Path+"/cmd/"+name+"@"+p.Version.Version)
		program := filepath.Join(bin, name)
		assert.Regexp(t, `^`+name+` version v0\.1\.0, commit unknown, go1\.\S+ `+runtime.GOOS+`/`+runtime.GOARCH+`\n$`, output(t, bin, nil, program, "--version"))
		output(t, bin, nil, program, "--help")
	}
}

// TestInstallOfACommit: the version of a commit without a tag names the commit, and so does the program.
func TestInstallOfACommit(t *testing.T) {
	p := publish(t, "v0.1.1-0.20261127110000-0123456789ab")
	bin := t.TempDir()
	name := programs(t)[len(programs(t))-1]
	output(t, t.TempDir(), append(p.environment, "GOBIN="+bin), "go", "install", p.Path+"/cmd/"+name+"@"+p.Version.Version)
	assert.Contains(t, output(t, bin, nil, filepath.Join(bin, name), "--version"), " v0.1.1-0.20261127110000-0123456789ab, commit 0123456789ab, ")
}

// TestBuilder: OpenTelemetry's builder makes the Collector from a manifest alone, and chooses the modules that the repository's has. The
// manifest is builder-config.yaml, with the published version in place of the checkout.
func TestBuilder(t *testing.T) {
	p := publish(t, "v0.1.0")
	dir := t.TempDir()
	manifest := strings.NewReplacer("    path: .\n", "", modulePath+" v0.0.0\n", modulePath+" v0.1.0\n").Replace(readFile(t, "builder-config.yaml"))
	require.NotContains(t, manifest, "path: .\n")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.yaml"), []byte(manifest), 0o600))
	pinned := requirements(t, filepath.Join(root, "go.mod"))
	output(t, dir, p.environment, "go", "run", "go.opentelemetry.io/collector/cmd/builder@"+pinned["go.opentelemetry.io/collector/cmd/builder"],
		"--config", "manifest.yaml", "--skip-compilation")
	want := requirements(t, filepath.Join(root, "dist", "go.mod"))
	want[modulePath] = "v0.1.0"
	assert.Equal(t, want, requirements(t, filepath.Join(dir, "dist", "go.mod")))
}

// requirements are the modules that a go.mod requires.
func requirements(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	parsed, err := modfile.Parse(path, text, nil)
	require.NoError(t, err)
	versions := map[string]string{}
	for _, r := range parsed.Require {
		versions[r.Mod.Path] = r.Mod.Version
	}
	return versions
}
