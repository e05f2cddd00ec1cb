/** Who is at this page: nobody, an agent, or an agent who works in another tab. */
import { signal } from '@preact/signals';
import type { Agent } from '../lib/types';
import { ApiError, logout, me } from './api';
import { Desk } from './desk';
import { claimTab, releaseTab } from './tab';

export type Session = 'checking' | 'unreachable' | 'out' | 'elsewhere' | 'in';
export type Sheet = 'help' | 'settings' | 'end' | 'release' | 'logout' | 'devices' | null;

export const session = signal<Session>('checking');
/** Why the sign-in is shown: a session that ended by itself is explained. */
export const expired = signal(false);
export const desk = signal<Desk | null>(null);
export const sheet = signal<Sheet>(null);
let agent: Agent | null = null;

/** Asks the server who is signed in; at start and after "try again". */
export async function begin(): Promise<void> {
  session.value = 'checking';
  try {
    await enter((await me()).agent);
  } catch (error) {
    session.value = error instanceof ApiError && (error.status === 401 || error.status === 403) ? 'out' : 'unreachable';
  }
}

/** Opens the desk of an agent who has signed in. */
export async function enter(who: Agent, steal = false): Promise<void> {
  agent = who;
  expired.value = false;
  if (!(await claimTab(steal, moved))) {
    session.value = 'elsewhere';
    return;
  }
  desk.peek()?.stop();
  const made = new Desk(who, left);
  desk.value = made;
  session.value = 'in';
  made.start();
}

/** Continues here; the other tab lets go. */
export async function takeOver(): Promise<void> {
  if (agent) await enter(agent, true);
  else await begin();
}

/** Signs out. What was written is forgotten; a report that has not arrived yet prevents it. */
export async function signOut(): Promise<boolean> {
  const mine = desk.peek();
  if (mine?.socket.outbox.peek().some((o) => o.state === 'sending')) return false;
  try {
    await logout();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) return false;
  }
  mine?.drafts.clear();
  for (const item of mine?.socket.outbox.peek() ?? []) mine?.socket.discard(item.client_id);
  close();
  session.value = 'out';
  return true;
}

function left(): void {
  close();
  expired.value = true;
  session.value = 'out';
}

function moved(): void {
  desk.peek()?.stop();
  desk.value = null;
  session.value = 'elsewhere';
}

function close(): void {
  sheet.value = null;
  desk.peek()?.stop();
  desk.value = null;
  releaseTab();
}
