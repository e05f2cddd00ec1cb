/** A worker that only ticks. Browsers slow the timers of a hidden page down to one a minute, which
 *  would make an agent who looks at another window seem gone; a worker's timers go on. */
const PERIOD_MS = 10_000;
setInterval(() => postMessage(0), PERIOD_MS);
