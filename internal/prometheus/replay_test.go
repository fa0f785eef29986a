// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	timestamp  = regexp.MustCompile(`imeUnixNano":"(\d+)"`) // begins with what is fast to find
	identifier = regexp.MustCompile(`Id":"..`)              // of a trace, a span or a parent
)

// replay sends the spans of a capture as if they had just ended, with ids that are no other round's. Each request must have one of
// the answers.
func replay(t *testing.T, endpoint, capture string, round int, answers ...int) {
	t.Helper()
	file, err := os.Open(filepath.Join(root, "reference", "captures", capture))
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	var requests [][]byte
	newest := int64(0)
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		requests = append(requests, bytes.Clone(lines.Bytes()))
		for _, match := range timestamp.FindAllSubmatch(lines.Bytes(), -1) {
			newest = max(newest, nanoseconds(t, match[1]))
		}
	}
	require.NoError(t, lines.Err())
	shift := time.Now().UnixNano() - newest
	for _, request := range requests {
		request = timestamp.ReplaceAllFunc(request, func(found []byte) []byte {
			return fmt.Appendf(nil, `imeUnixNano":"%d"`, nanoseconds(t, timestamp.FindSubmatch(found)[1])+shift)
		})
		request = identifier.ReplaceAll(request, fmt.Appendf(nil, `Id":"%02x`, round%256))
		require.Contains(t, answers, post(t, "http://"+endpoint+"/v1/traces", request))
	}
}

func nanoseconds(t *testing.T, text []byte) int64 {
	t.Helper()
	ns, err := strconv.ParseInt(string(text), 10, 64)
	require.NoError(t, err)
	return ns
}

func post(t *testing.T, target string, body []byte) (status int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}
