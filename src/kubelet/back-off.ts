/**
 * Seconds of the back-off after a pod's first failed pull of an image, and its maximum (imageBackOffPeriod, MaxImageBackOff in kubelet.go).
 */
const [first, most] = [10, 300] as const;

/**
 * Seconds between two syncs of a pod whose last sync failed: ten, plus up to half (pod_workers.go, completeWork), and one until the work
 * queue is read (kubelet.go, syncLoop). The kubelet pulls only in the first sync after a back-off.
 */
const look = 16;

/**
 * Returns the maximum number of milliseconds until the kubelet retries a failed pull of an image by itself (kubelet 1.34 to 1.37). Each
 * failure doubles the back-off. Only a new pod resets it; a fixed Secret does not. The number of failures is unknown, so this assumes the
 * largest possible number: the real wait may be shorter. Not included are the duration of pulls, and the wait for
 * other pulls on the node. A pod with a crashing container may be synced only once in 90 seconds, which is not included either.
 *
 * @param waitingSince no later than the first failed pull, such as `status.startTime` of a pod
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
