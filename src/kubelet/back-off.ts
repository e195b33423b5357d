/** Seconds after a pod's first failed pull of an image, and the most after any (imageBackOffPeriod, MaxImageBackOff in kubelet.go). */
const [first, most] = [10, 300] as const;

/**
 * Seconds between two looks at a pod whose last one failed: ten, up to half as many again (pod_workers.go, completeWork), and one until
 * the work queue is looked at (kubelet.go, syncLoop). Only with the first look after a back-off the kubelet pulls.
 */
const look = 16;

/**
 * The most milliseconds until the kubelet tries anew, by itself, to pull an image that it failed to pull (kubelet 1.34 to 1.37). Each
 * failure doubles the back-off, which nothing but a new pod begins anew; a Secret that is mended does not. How many there were nobody
 * tells, so it is as many as there can have been: the wait may well be shorter. Not counted is what pulls take, and those that wait
 * for others on the node; nor that a pod with a container that crashes is looked at once in 90 seconds.
 *
 * @param waitingSince no later than the first failed pull, as `status.startTime` of a pod is
 */
export function retryWithin(waitingSince: Date, now: Date): number {
  const elapsed = (now.getTime() - waitingSince.getTime()) / 1000;
  let failedAt = 0;
  let backOff: number = first;
  while (failedAt + backOff <= elapsed) {
    failedAt += backOff;
    backOff = Math.min(2 * backOff, most);
  }
  return (backOff + look) * 1000;
}
