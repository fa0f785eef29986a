// SPDX-License-Identifier: Apache-2.0

package semconv

// Values returns the values that an attribute can have, in the order of their meaning; nil: there is no list of them. Of an array they
// are the values of its elements.
func Values(attribute string) []string {
	switch attribute {
	case RuntimeName:
		return RuntimeNames()
	case QueueWaitSource:
		return []string{QueueWaitMeasured, QueueWaitSimulated, QueueWaitFirstPoll, QueueWaitHistogramMean, QueueWaitNone}
	case Finding:
		return []string{FindingBlocking, FindingStarved, FindingWorkerSkew, FindingNeverIdle, FindingHeld, FindingHeldUp, FindingGuard, FindingOutlives, FindingCPUStarved}
	case LatencyClass:
		return []string{ClassNormal, ClassElevated, ClassOutlier, ClassExtreme}
	case StampSignals:
		return SignalNames[:]
	case LatencyCategory:
		return []string{CategorySlow, CategoryVerySlow}
	}
	var values []string
	for _, m := range Metrics {
		for _, s := range m.Series {
			if s.Key == attribute {
				values = append(values, s.Value)
			}
		}
	}
	for _, m := range KernelMetrics {
		if m.Key == attribute {
			values = append(values, m.Values...)
		}
	}
	return values
}
