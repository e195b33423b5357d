/** Pauses between tries, which grow to five seconds and come to a whole of so many milliseconds. */
export function* pausesOf(whole: number): Generator<number> {
  let pause = 1000;
  for (let left = whole; left > 0; left -= pause, pause = Math.min(2 * pause, 5000)) {
    pause = Math.min(pause, left);
    yield pause;
  }
}
