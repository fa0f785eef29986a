// SPDX-License-Identifier: Apache-2.0

// Package statecheck says what to do where file_storage cannot have its directory: the extension's own error, at the start, does not know
// where the path comes from.
//
// It is a confmap converter because only converters see the whole configuration. It changes nothing, and warns only: who validates a
// configuration need not be who runs it.
package statecheck

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"
)

// NewFactory makes the factory of the converter.
func NewFactory() confmap.ConverterFactory {
	return confmap.NewConverterFactory(func(set confmap.ConverterSettings) confmap.Converter { return &converter{set.Logger} })
}

type converter struct{ logger *zap.Logger }

// Convert implements confmap.Converter.
func (c *converter) Convert(_ context.Context, conf *confmap.Conf) error {
	all := conf.ToStringMap()
	service, _ := all["service"].(map[string]any)
	used, _ := service["extensions"].([]any)
	extensions, _ := all["extensions"].(map[string]any)
	for _, entry := range used {
		id, _ := entry.(string)
		if kind, _, _ := strings.Cut(id, "/"); kind != "file_storage" {
			continue
		}
		settings, _ := extensions[id].(map[string]any)
		directory, _ := settings["directory"].(string)
		if directory == "" {
			continue
		}
		if err := writable(directory); err != nil {
			c.logger.Warn("This user cannot write the directory of "+id+". Set another one: in config/sidecar.yaml, the environment variable "+
				"SIDECAR_STATE does.", zap.String("directory", directory), zap.Error(err))
		}
	}
	return nil
}

// writable says why a directory cannot be written, or made where its nearest ancestor is. It writes nothing.
func writable(directory string) error {
	at := filepath.Clean(directory)
	for {
		info, err := os.Stat(at)
		switch parent := filepath.Dir(at); {
		case err == nil && !info.IsDir():
			return &fs.PathError{Op: "open", Path: at, Err: errNoDirectory}
		case err == nil:
			return access(at)
		case !os.IsNotExist(err) || parent == at:
			return err
		default:
			at = parent
		}
	}
}
