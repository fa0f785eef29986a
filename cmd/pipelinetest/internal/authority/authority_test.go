// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFiles: what a part is given makes a server and a client that whoever trusts the authority takes, by address and by name, and nobody else does.
func TestFiles(t *testing.T) {
	a, err := New()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, a.Write(dir, "backend-2", "127.0.2.2"))
	files := FilesIn(dir)
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	require.NoError(t, err)
	text, err := os.ReadFile(files.CA)
	require.NoError(t, err)
	trusted := x509.NewCertPool()
	require.True(t, trusted.AppendCertsFromPEM(text))
	other, err := New()
	require.NoError(t, err)
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		for _, name := range []string{"localhost", "127.0.0.1", "127.0.2.2", "backend-2"} {
			for _, pool := range []*x509.CertPool{trusted, a.Pool()} {
				_, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, KeyUsages: []x509.ExtKeyUsage{usage}})
				require.NoError(t, err, name)
			}
			_, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: other.Pool(), DNSName: name})
			require.Error(t, err)
		}
	}
	_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: trusted, DNSName: "backend-1"})
	require.Error(t, err)
	for _, path := range []string{files.CA, files.Cert, files.Key} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077, "nobody else reads %s", filepath.Base(path))
	}
}
