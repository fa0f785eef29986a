// SPDX-License-Identifier: Apache-2.0

package release

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goreleaser/fileglob"
	"github.com/goreleaser/goreleaser/v2/pkg/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// project is the configuration, read by GoReleaser's own types: it allows no key that GoReleaser does not know.
func project(t *testing.T) config.Project {
	t.Helper()
	p, err := config.Load(filepath.Join(root, ".goreleaser.yaml"))
	require.NoError(t, err)
	require.Equal(t, 2, p.Version)
	return p
}

// TestReleaseHasAllPrograms, for all platforms, linked without a C library and with their version.
func TestReleaseHasAllPrograms(t *testing.T) {
	p := project(t)
	mains := map[string]string{collector: "dist"}
	for _, name := range programs(t) {
		mains[name] = "./cmd/" + name
	}
	got := map[string]string{}
	for _, b := range p.Builds {
		got[b.Binary] = b.Main
		if b.Main == "." {
			got[b.Binary] = b.Dir
		}
		assert.Equal(t, []string{"linux", "darwin", "windows"}, b.Goos, b.ID)
		assert.Equal(t, []string{"amd64", "arm64"}, b.Goarch, b.ID)
		assert.Contains(t, b.Env, "CGO_ENABLED=0", b.ID)
		assert.Contains(t, b.Flags, "-trimpath", b.ID)
		if b.ID == collector {
			continue
		}
		// A variable that does not exist would be ignored by the linker, and TestPrograms shows that these do.
		linked := strings.Join(b.Ldflags, " ")
		assert.Contains(t, linked, "-X "+modulePath+"/internal/program.version=v{{ .Version }}", b.ID)
		assert.Contains(t, linked, "-X "+modulePath+"/internal/program.commit={{ .FullCommit }}", b.ID)
	}
	assert.Equal(t, mains, got)
}

// TestReleaseBuildsWhatMakeBuilds: the Collector is built with the tags of `make build`.
func TestReleaseBuildsWhatMakeBuilds(t *testing.T) {
	match := regexp.MustCompile(`go build -v -trimpath -tags (\S+) `).FindStringSubmatch(readFile(t, "Makefile"))
	require.NotNil(t, match)
	builds := project(t).Builds
	i := slices.IndexFunc(builds, func(b config.Build) bool { return b.ID == collector })
	require.GreaterOrEqual(t, i, 0)
	assert.Equal(t, []string{match[1]}, []string(builds[i].Tags))
}

// TestReleaseArtifacts: an archive that can be used without the repository, a bill of materials of it, checksums.
func TestReleaseArtifacts(t *testing.T) {
	p := project(t)
	require.Len(t, p.Archives, 1)
	archive := p.Archives[0]
	assert.Empty(t, archive.IDs, "all programs")
	assert.Equal(t, []string{"tar.gz"}, []string(archive.Formats))
	require.Len(t, archive.FormatOverrides, 1)
	assert.Equal(t, "windows", archive.FormatOverrides[0].Goos)
	shipped := map[string]bool{}
	for _, file := range archive.Files {
		found, err := fileglob.Glob(file.Source, fileglob.WithFs(os.DirFS(root))) // as GoReleaser does
		require.NoError(t, err)
		assert.NotEmpty(t, found, file.Source)
		for _, path := range found {
			shipped[filepath.ToSlash(path)] = true
		}
	}
	for _, folder := range []string{"config", "docs"} {
		for path := range strings.Lines(output(t, root, nil, "git", "ls-files", folder)) {
			path = strings.TrimSuffix(path, "\n")
			assert.True(t, shipped[path], "%s is not in the archive", path)
		}
	}
	require.Len(t, p.SBOMs, 1)
	assert.Equal(t, "archive", p.SBOMs[0].Artifacts)
	assert.Equal(t, "sha256", p.Checksum.Algorithm)
	// GoReleaser empties this folder. Its default is the Collector's source.
	assert.Equal(t, filepath.Join("bin", "release"), filepath.FromSlash(p.Dist))
}

// TestReleaseImage: GoReleaser lays out what the Dockerfile copies.
func TestReleaseImage(t *testing.T) {
	p := project(t)
	require.Len(t, p.DockersV2, 1)
	image := p.DockersV2[0]
	assert.Equal(t, []string{collector, "pipelinetest"}, image.IDs)
	dockerfile := readFile(t, filepath.FromSlash(image.Dockerfile))
	assert.Regexp(t, `(?m)^FROM scratch$`, dockerfile)
	sources := regexp.MustCompile(`(?m)^COPY (?:--\S+ )*([^-\s]\S*) \S+$`).FindAllStringSubmatch(dockerfile, -1)
	var programs, others []string
	for _, source := range sources {
		switch {
		case strings.HasPrefix(source[1], "${FOLDER"):
			programs = append(programs, source[1])
		case !strings.HasPrefix(source[1], "/"): // of another stage
			others = append(others, source[1])
		}
	}
	assert.Equal(t, []string{"${FOLDER:-dist}/${FOLDER:+$TARGETARCH/}" + collector, "${FOLDER:-bin}/${FOLDER:+$TARGETARCH/}pipelinetest"}, programs)
	assert.Equal(t, image.ExtraFiles, others)
	for _, platform := range image.Platforms {
		system, _, _ := strings.Cut(platform, "/")
		assert.Equal(t, system, image.BuildArgs["FOLDER"], platform)
	}
}
