/** One desk per browser: a second tab would ring, connect and answer twice. Without Web Locks (an
 *  insecure address) every tab may work; the server stays consistent either way. */
const NAME = 'sg.desk';
const TRIES = 4;

let letGo: (() => void) | null = null;

function hold(options: LockOptions, onLost: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    navigator.locks
      .request(NAME, options, (lock) => {
        resolve(lock !== null);
        return lock ? new Promise<void>((release) => (letGo = release)) : undefined;
      })
      .catch(() => {
        letGo = null;
        onLost();
      });
  });
}

/** Makes this tab the working one. False: another tab is, and `steal` was not asked for. `onLost` is
 *  called when another tab takes over. */
export async function claimTab(steal: boolean, onLost: () => void): Promise<boolean> {
  if (!navigator.locks?.request || letGo) return true;
  if (steal) return hold({ steal: true }, onLost);
  for (let i = 0; i < TRIES; i += 1) {
    // A page being reloaded gives its lock back a moment after the new one starts.
    if (i) await new Promise((done) => setTimeout(done, 250));
    if (await hold({ ifAvailable: true }, onLost)) return true;
  }
  return false;
}

export function releaseTab(): void {
  letGo?.();
  letGo = null;
}
