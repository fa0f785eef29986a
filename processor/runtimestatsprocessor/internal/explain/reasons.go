// SPDX-License-Identifier: Apache-2.0

package explain

// Reason is what kept a finding from being made. docs/real.md counts them on spans that have earned one.
type Reason uint8

// The reasons. No reason is given where the times of a span are simply not long.
const (
	NoReason Reason = iota

	ThreadUnknown
	ThreadOfPool
	ChildrenUnknown
	ChildrenExplain
	ScatteredPolls
	PolledElsewhere
	SilenceUnknown
	NotSilent
	ParentUnknown
	MayBeGuard
	HandsOver

	Interrupted
	EnteredLate
	OftenEnteredLate
	NotAlone
	NothingMeanwhile
	MadeRoot

	PollsUnknown
	Away
	AwayABit

	FewSpans
	MixedUp
	NoLongPoll
	PartOfIdle
	WorkersFree

	CPUMissing
	CPUDoubtful

	numReasons
)

var reasons = [numReasons]string{
	NoReason: "the rule does not apply",

	ThreadUnknown:   "it is not known yet whether its thread polls tasks",
	ThreadOfPool:    "its thread seems to be there to block",
	ChildrenUnknown: "children may come that explain it",
	ChildrenExplain: "its children explain most of it",
	ScatteredPolls:  "it was busy for less than half of its time",
	PolledElsewhere: "its thread did other things meanwhile, or never polls what it makes",
	SilenceUnknown:  "it was entered more than once, and the process has not shown yet that such spans silence their threads",
	NotSilent:       "it was entered more than once, and such spans do not silence their threads",
	ParentUnknown:   "it is one of the first of its kind: no parent has told yet whether it was polled meanwhile",
	MayBeGuard:      "a guard held over an await looks alike",
	HandsOver:       "its thread hands its tasks to another before it blocks",

	Interrupted:      "it was entered more than once",
	EnteredLate:      "it was entered later than at once, as on another thread",
	OftenEnteredLate: "others of its kind are entered later than at once, as on another thread",
	NotAlone:         "several threads poll tasks, and a guard cannot go from one to the other",
	NothingMeanwhile: "its thread made no span of another request meanwhile",
	MadeRoot:         "its thread made a span without a parent meanwhile, which a guard would be the parent of; or its spans are of several processes",

	PollsUnknown: "its polls were not counted",
	Away:         "it was not polled for a tenth of its time or more",
	AwayABit:     "it was not polled for longer than it takes to be polled again",

	FewSpans:    "the process has sent few spans: there may be workers that have made none",
	MixedUp:     "its threads were in two long polls at once: they are of several processes, or others poll than make the spans",
	NoLongPoll:  "no long poll of others is known, by then, that its thread was in",
	PartOfIdle:  "the long polls of others that are known by then are less than half of its idle time, or too short",
	WorkersFree: "there are several workers, and not all are known to have been in long polls",

	CPUMissing:  "its thread had no CPU",
	CPUDoubtful: "its thread may have had no CPU",
}

func (r Reason) String() string { return reasons[r] }
