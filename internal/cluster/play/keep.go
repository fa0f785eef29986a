// SPDX-License-Identifier: Apache-2.0

package play

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// keep writes what there is to look at into a folder: the objects, the events, and the logs of pods, which Kubernetes removes with them.
func (r *Run) keep(ctx context.Context, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // logs are for everybody
		return err
	}
	var errs []error
	for name, args := range map[string][]string{
		"objects.yaml": {"get", "all,persistentvolumeclaims,endpointslices", "-o=yaml"},
		"pods.txt":     {"get", "pods", "-o=wide"},
		"events.txt":   {"events"},
	} {
		out, err := r.kubectl(ctx, args...)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), out, 0o644) //nolint:gosec // logs are for everybody
		}
		errs = append(errs, err)
	}
	pods, err := filepath.Glob(filepath.Join(filepath.Dir(folder), "node-*-pods", r.namespace+"_*"))
	errs = append(errs, err)
	for _, pod := range pods {
		errs = append(errs, os.CopyFS(filepath.Join(folder, filepath.Base(pod)), os.DirFS(pod)))
	}
	return errors.Join(errs...)
}
