// SPDX-License-Identifier: Apache-2.0

package part

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A cluster without one of its parts is none: the group's context says which part it was, and where to look.
func TestProgramThatEndsEndsTheGroup(t *testing.T) {
	logs := t.TempDir()
	group, ctx := NewGroup(t.Context(), logs)
	stays, err := group.Start(ctx, Program{Name: "stays", Path: "sleep", Args: []string{"600"}})
	require.NoError(t, err)
	_, err = group.Start(ctx, Program{Name: "ends", Path: "sh", Args: []string{"-c", "echo why; exit 3"}})
	require.NoError(t, err)
	<-ctx.Done()
	require.ErrorContains(t, context.Cause(ctx), "ends ended by itself: exit status 3; its log is "+filepath.Join(logs, "ends.log"))
	data, err := os.ReadFile(filepath.Join(logs, "ends.log"))
	require.NoError(t, err)
	assert.Equal(t, "why\n", string(data))
	group.Stop()
	assert.ErrorIs(t, stays.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// To be stopped is no fault of a program.
func TestStop(t *testing.T) {
	group, ctx := NewGroup(t.Context(), t.TempDir())
	stays, err := group.Start(ctx, Program{Name: "stays", Path: "sleep", Args: []string{"600"}})
	require.NoError(t, err)
	group.Stop()
	assert.ErrorIs(t, context.Cause(ctx), context.Canceled)
	assert.ErrorIs(t, stays.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

func TestProgramThatIsNotThere(t *testing.T) {
	group, ctx := NewGroup(t.Context(), t.TempDir())
	defer group.Stop()
	_, err := group.Start(ctx, Program{Name: "etcd", Path: "/nowhere/etcd"})
	assert.ErrorContains(t, err, "start etcd: fork/exec /nowhere/etcd: no such file or directory")
}
