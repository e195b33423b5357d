/** The first back-off after a failed pull, and the longest, in seconds (imageBackOffPeriod, MaxImageBackOff in kubelet.go). */
const [firstBackOff, maxBackOff] = [10, 300] as const;

/**
 * Seconds between two syncs of a pod whose last sync failed. The interval is ten plus up to half (pod_workers.go, completeWork). The
 * kubelet reads the work queue once per second (kubelet.go, syncLoop). It pulls only in the first sync after a back-off.
 */
const syncInterval = 16;

/**
 * Returns the maximum number of milliseconds until the kubelet retries a failed pull (kubelet 1.34 to 1.37). Each failure doubles the
 * back-off. Only a new pod resets it; a fixed Secret does not. The number of failures is unknown, so this assumes the largest possible
 * number. The duration of pulls and the wait for other pulls on the node are not included. Neither are the 90 seconds between two syncs of
 * a pod with a crashing container.
 *
 * @param waitingSince no later than the first failed pull, such as `status.startTime` of a pod
 */
export function retryWithin(waitingSince: Date, now: Date): number {
  const elapsed = (now.getTime() - waitingSince.getTime()) / 1000;
  let failedAt = 0;
  let backOff: number = firstBackOff;
  while (failedAt + backOff <= elapsed) {
    failedAt += backOff;
    backOff = Math.min(2 * backOff, maxBackOff);
  }
  return (backOff + syncInterval) * 1000;
}
