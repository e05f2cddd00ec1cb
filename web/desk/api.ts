/** The desk's HTTP calls. An error is always an `ApiError` with the server's own words. */
import { lang } from '../lib/prefs';
import type { Agent, City, Facet, Lang, LocalText, Status, Ticket, WireError } from '../lib/types';

export class ApiError extends Error {
  constructor(readonly status: number, readonly wire: WireError | null) {
    super(wire?.code ?? String(status));
  }
}

async function call<T>(path: string, init: RequestInit = {}): Promise<{ data: T; response: Response }> {
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

export async function ticket(id: string): Promise<Ticket> {
  return (await call<{ ticket: Ticket }>(`/api/v1/desk/tickets/${encodeURIComponent(id)}`)).data.ticket;
}

// ------------------------------------------------------------------ service list

export interface Hit { code: string; name: LocalText; score: number; city?: City | null }
export interface Found { decision: 'answer' | 'clarify' | 'abstain'; results: Hit[]; elsewhere?: Hit[] }

interface Fact { status: Status; source: string; as_of: string }
interface TextFact extends Fact { text: LocalText }
interface FeeFact extends TextFact { name: LocalText }
interface MaterialFact extends Fact { id: string; name: LocalText; need: string; condition?: LocalText }
interface ChannelFact { name: LocalText; hours?: LocalText; phone?: string }

export interface Variant {
  department?: LocalText;
  conditions: TextFact[]; materials: MaterialFact[]; time?: TextFact; fees: FeeFact[];
  channels: ChannelFact[]; where?: TextFact; steps: TextFact[]; notes: TextFact[]; phones: string[];
}

export interface Service {
  code: string;
  name: LocalText;
  summary: LocalText;
  jurisdiction?: { text?: LocalText | null } | null;
  cities: Record<City, Variant | null>;
  differences: { facet: Facet; label: LocalText }[];
  sources: { id: string; title: LocalText | string; url?: string; doc_no?: string; publisher?: LocalText | string }[];
  as_of: string;
  status: Status;
}

export async function search(q: string, as: Lang, city: City | null, signal?: AbortSignal): Promise<Found> {
  const query = new URLSearchParams({ q, lang: as, k: '8', ...(city ? { city } : {}) });
  return (await call<Found>(`/api/v1/services/search?${query}`, { signal })).data;
}

export async function service(code: string, signal?: AbortSignal): Promise<Service> {
  return (await call<Service>(`/api/v1/services/${encodeURIComponent(code)}`, { signal })).data;
}
