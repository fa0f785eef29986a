// SPDX-License-Identifier: Apache-2.0

package arrive

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplayIsBounded(t *testing.T) {
	_, err := parseGaps("gaps.csv", strings.NewReader(strings.Repeat("1\n", MostGaps+1)))
	require.EqualError(t, err, "gaps.csv:10000001: more than 10000000 gaps; want at most that many")
}
