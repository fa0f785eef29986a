// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// exportGaps are the numbers that are missing, as a roaring bitmap; nil: none.
func (n *numbers) exportGaps() ([]byte, error) {
	if n.lacks == 0 {
		return nil, nil
	}
	n.gaps.RunOptimize()
	return n.gaps.ToPortableBytes()
}

func (n *numbers) restoreGaps(exported []byte) error {
	if len(exported) == 0 {
		return nil
	}
	gaps := roaring64.New()
	if _, err := gaps.ReadPortableFrom(bytes.NewReader(exported)); err != nil {
		return err
	}
	if err := gaps.Validate(); err != nil {
		return err
	}
	if gaps.IsEmpty() {
		return nil
	}
	highest := gaps.Maximum()
	if highest >= n.next {
		return fmt.Errorf("gap at %d, next is %d", highest, n.next)
	}
	n.gaps, n.lacks, n.top = gaps, gaps.GetCardinality(), highest>>16
	return nil
}
