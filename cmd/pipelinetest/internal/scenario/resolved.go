// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
)

// resolved is what the configurations of a part come to, merged and with all references replaced, as the Collector does it.
type resolved struct {
	*confmap.Conf
	// used are the environment variables that are referred to: those that are set for the part, and those that nobody has set.
	used, unset map[string]bool
}

// given stands for the address at which a part is to listen.
const given = "given.invalid:4317"

// isClosed tells whether nothing can come to the part but what is sent to the addresses that it is given. A receiver of a broker's messages, or
// at a port that the configuration names, may have what others send past these.
func (r *resolved) isClosed() bool {
	var config struct {
		Receivers map[string]struct {
			Protocols map[string]struct {
				Endpoint string `mapstructure:"endpoint"`
			} `mapstructure:"protocols"`
		} `mapstructure:"receivers"`
	}
	if r.Unmarshal(&config, confmap.WithIgnoreUnused()) != nil {
		return false
	}
	for id, receiver := range config.Receivers {
		if kind, _, _ := strings.Cut(id, "/"); kind != "otlp" {
			return false
		}
		for _, protocol := range receiver.Protocols {
			if protocol.Endpoint != given {
				return false
			}
		}
	}
	return true
}

// resolve resolves a part's configurations. Nil: the part is a command, or the configurations cannot be read from here. They may lie
// elsewhere, or have a mistake that the Collector will tell. Nothing can then be said of the part.
func (s *Scenario) resolve(p *Part) *resolved {
	if len(p.Config) == 0 {
		return nil
	}
	var uris []string
	for _, config := range p.Config {
		switch {
		case config.Location == "":
			uris = append(uris, "yaml:"+config.Text)
		case uri.MatchString(config.Location):
			uris = append(uris, config.Location)
		default:
			uris = append(uris, "file:"+config.Location)
		}
	}
	r := &resolved{used: map[string]bool{}, unset: map[string]bool{}}
	variables := map[string]bool{}
	for _, name := range s.Variables(p.Name) {
		variables[name] = true
	}
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs: uris, DefaultScheme: "env",
		ProviderFactories: []confmap.ProviderFactory{
			yamlprovider.NewFactory(),
			providing("env", func(uri string) (*confmap.Retrieved, error) { return r.variable(uri, variables) }),
			providing("file", func(path string) (*confmap.Retrieved, error) { return retrieveFile(path, s.Dir) }),
		},
	})
	if err != nil {
		return nil
	}
	if r.Conf, err = resolver.Resolve(context.Background()); err != nil { // it reads nothing but texts, files and the environment
		return nil
	}
	return r
}

// variable takes note of a reference to an environment variable, NAME or NAME:-DEFAULT.
func (r *resolved) variable(reference string, variables map[string]bool) (*confmap.Retrieved, error) {
	name, otherwise, hasDefault := strings.Cut(reference, ":-")
	if variables[name] {
		r.used[name] = true
		if name == EnvListen || name == EnvListenHTTP {
			return confmap.NewRetrieved(given)
		}
		if name == EnvDir {
			return confmap.NewRetrieved(folder)
		}
		if name == EnvRun {
			return confmap.NewRetrieved(ownRun)
		}
		if strings.HasPrefix(name, envTo) || strings.HasPrefix(name, envHost) {
			return confmap.NewRetrieved(name + there)
		}
		if strings.HasPrefix(name, envPort) {
			return confmap.NewRetrieved("4317")
		}
		return confmap.NewRetrieved("127.0.0.1:4317") // that of a test is known when it runs
	}
	value, set := "", false
	if !strings.HasPrefix(name, EnvPrefix) { // which no part inherits
		value, set = os.LookupEnv(name)
	}
	switch {
	case set:
		return confmap.NewRetrievedFromYAML([]byte(value))
	case hasDefault:
		return confmap.NewRetrievedFromYAML([]byte(otherwise))
	}
	r.unset[name] = true
	return confmap.NewRetrievedFromYAML(nil) // null, and within a longer text no text: as the Collector has it
}

// retrieveFile reads a file that a configuration includes. A part is started in the folder of its scenario.
func retrieveFile(path, dir string) (*confmap.Retrieved, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	text, err := os.ReadFile(path) //nolint:gosec // G304: it is the user's file
	if err != nil {
		return nil, err
	}
	return confmap.NewRetrievedFromYAML(text)
}

// retriever is a provider of confmap that is a function of what stands behind the scheme.
type retriever struct {
	scheme   string
	retrieve func(string) (*confmap.Retrieved, error)
}

func providing(scheme string, retrieve func(string) (*confmap.Retrieved, error)) confmap.ProviderFactory {
	return confmap.NewProviderFactory(func(confmap.ProviderSettings) confmap.Provider { return retriever{scheme, retrieve} })
}

// Retrieve implements confmap.Provider.
func (r retriever) Retrieve(_ context.Context, uri string, _ confmap.WatcherFunc) (*confmap.Retrieved, error) {
	rest, found := strings.CutPrefix(uri, r.scheme+":")
	if !found {
		return nil, fmt.Errorf("%q is not of the scheme %s", uri, r.scheme)
	}
	return r.retrieve(rest)
}

// Scheme implements confmap.Provider.
func (r retriever) Scheme() string { return r.scheme }

// Shutdown implements confmap.Provider.
func (retriever) Shutdown(context.Context) error { return nil }
