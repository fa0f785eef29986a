// SPDX-License-Identifier: Apache-2.0

package network

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddressComesBackLast(t *testing.T) {
	addresses := NewAddresses(netip.MustParsePrefix("10.98.1.0/30"))
	take := func() string {
		t.Helper()
		address, err := addresses.Take()
		require.NoError(t, err)
		return address.String()
	}
	assert.Equal(t, "10.98.1.1", take())
	addresses.GiveBack(netip.MustParseAddr("10.98.1.1"))
	assert.Equal(t, []string{"10.98.1.2", "10.98.1.3", "10.98.1.1"}, []string{take(), take(), take()})
	_, err := addresses.Take()
	assert.EqualError(t, err, "all 3 addresses of 10.98.1.0/30 are taken")
	addresses.GiveBack(netip.MustParseAddr("10.98.1.3"))
	assert.Equal(t, "10.98.1.3", take())
}

func TestNodesHavePodsOfTheirOwn(t *testing.T) {
	pods := netip.MustParsePrefix(Pods)
	for number := 1; number <= MaxNodes; number++ {
		assert.True(t, pods.Contains(PodsOf(number).Addr()))
		assert.NotEqual(t, PodsOf(number), PodsOf(number-1))
	}
	assert.Equal(t, "10.97.0.210", Node(MaxNodes))
}
