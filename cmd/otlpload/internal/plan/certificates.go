// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// checkCA reads certificates that are to be trusted.
func checkCA(file string) error {
	pem, err := os.ReadFile(file) //nolint:gosec // G304: the user names the file
	if err != nil {
		return err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s: there is no certificate in it", file)
	}
	return nil
}

// checkClient reads the certificate by which the backend knows this client.
func checkClient(certificate, key string) error {
	_, err := tls.LoadX509KeyPair(certificate, key)
	return err
}
