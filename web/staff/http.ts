/** HTTP as the pages of the staff speak it. An error is always an `ApiError` with the server's own words. */
import { lang } from '../lib/prefs';
import type { Agent, WireError } from '../lib/types';

export class ApiError extends Error {
  constructor(readonly status: number, readonly wire: WireError | null) {
    super(wire?.code ?? String(status));
  }
}

export async function call<T>(path: string, init: RequestInit = {}): Promise<{ data: T; response: Response }> {
  let response: Response;
  try {
    response = await fetch(path, {
      credentials: 'same-origin', ...init,
      headers: { 'accept-language': lang.peek() === 'zh' ? 'zh-CN' : 'en', ...(init.body ? { 'content-type': 'application/json' } : {}) },
    });
  } catch (error) {
    if ((error as DOMException).name === 'AbortError') throw error;
    throw new ApiError(0, null);
  }
  if (!response.ok) {
    const body = (await response.json().catch(() => null)) as { error?: WireError } | null;
    throw new ApiError(response.status, body?.error ?? null);
  }
  return { data: (response.status === 204 ? null : await response.json()) as T, response };
}

export async function login(username: string, password: string, totp: string): Promise<Agent> {
  const body = JSON.stringify({ username, password, totp });
  return (await call<{ agent: Agent }>('/api/v1/desk/login', { method: 'POST', body })).data.agent;
}

export async function logout(): Promise<void> {
  await call('/api/v1/desk/logout', { method: 'POST' });
}

/** Who is signed in, and how far the server's clock is ahead of ours, ms. */
export async function me(): Promise<{ agent: Agent; skew: number }> {
  const { data, response } = await call<{ agent: Agent }>('/api/v1/desk/me');
  const at = Date.parse(response.headers.get('date') ?? '');
  // The header has whole seconds: only a difference that matters is corrected.
  const skew = Number.isNaN(at) ? 0 : at + 500 - Date.now();
  return { agent: data.agent, skew: Math.abs(skew) > 2000 ? skew : 0 };
}
