// SPDX-License-Identifier: Apache-2.0

// Package explain judges what a span says of itself in the light of what the spans of its process said before it. It knows no
// pdata: a [Span] goes in, [Findings] come out.
//
// What a span records, where its future was polled for how long, does not tell by itself who held a thread. A span that was busy for
// 20 ms on end may have blocked a worker of the runtime; or it ran on a thread that is there to be blocked; or its child blocked; or
// a guard kept it entered while the thread did other things. What tells these apart stands on other spans of the same process:
//
//	threads.go         what each thread is: a worker's spans wait now and then, those of a pool thread never do
//	relatives.go       the children of spans that have not come yet, and the ends of those that have
//	silence.go         whether a thread did other things meanwhile, and does when it is free
//	callsites.go       what the spans of one place in the code turned out to be: polled with their parents, handed to another thread
//	polls.go           a long poll: when it was, for all that its span says
//	pendings.go        what the threads of long spans did meanwhile, and do afterwards
//	heldup.go          who was inside a long poll while a span waited
//	losses.go          whether parents are missing: spans are lost on the way
//	contradictions.go  whether a thread was in two polls at once: several processes are taken for one
//	stops.go           when the process was silent, and whether a quota stopped it
//	starve.go          whether it was the CPU that was missing, for all that the kernel tells
//	rules.go           what follows
//	reasons.go         and why not
//	explain.go         the way of a span through all of these
//
// A span is judged once, when it comes, by what has come before it. Children end, and are exported, before their parents, and long
// polls before the spans that they held up; so it does not matter how an SDK cuts its batches. Spans in any other order leave more
// unknown. All memory of a [Process] is bounded; what falls out of it makes findings unknown as well.
package explain
