/** What the fields of each kind of record are and how they are filled in: `knowledge/model.py` as forms.
 *  Labels are `f.<key>`, names of choices `o.<choices>.<value>` in the locales. */
import type { Body, Json, Kind } from './api';

export const CHOICES = {
  domain: ['public_security', 'hrss', 'market', 'civil', 'housing', 'medical_insurance', 'health', 'transport', 'tax', 'education', 'justice', 'veterans', 'utilities', 'cross'],
  channel: ['online', 'app', 'mini', 'video', 'kiosk', 'window', 'phone', 'door', 'mail', 'bank'],
  mode: ['full_online', 'accept_elsewhere', 'joint_handling', 'nationwide', 'one_matter', 'kiosk', 'video', 'per_city', 'local_only'],
  fact: ['hukou_city', 'residence_city', 'employer_city', 'contribution_city', 'property_city', 'insured_city', 'school_city', 'event_city', 'premises_city', 'account_city', 'none'],
  unit: ['working_day', 'day', 'instant', 'on_the_spot', 'queue', 'window_period'],
  level: ['L0', 'L1', 'L2', 'L3', 'L4'],
  audience: ['person', 'family', 'enterprise', 'foreigner', 'agent'],
  status: ['verified', 'reported', 'to_confirm'],
  need: ['required', 'conditional', 'deferrable', 'exempt'],
  stage: ['prepare', 'apply', 'accept', 'review', 'decide', 'issue', 'deliver'],
  actor: ['applicant', 'government', 'bank', 'third_party'],
  issuer: ['applicant', 'government', 'third_party'],
  medium: ['paper', 'electronic', 'either'],
  standard: ['none', 'candidate', 'materials', 'form', 'criteria', 'full'],
  speech: ['zh', 'en', 'yue'],
  city: ['shenzhen', 'dongguan'],
  access: ['step_free', 'lift', 'accessible_toilet', 'hearing_loop', 'sign_language', 'large_print', 'priority_queue', 'wheelchair_loan', 'nursing_room', 'guide_dog'],
  place: ['city', 'district', 'town', 'subdistrict', 'bureau'],
  place_kind: ['service_hall', 'local_hall', 'cross_city', 'social_security', 'housing_fund', 'marriage_registry', 'community', 'police', 'immigration', 'vehicle_office', 'inspection_station', 'labour', 'foreign_work', 'legal_service', 'notary', 'tax_hall', 'real_estate', 'education', 'hospital', 'transport', 'transit_card', 'veterans', 'utility'],
  visibility: ['public', 'agent', 'duty'],
  document: ['official', 'third_party', 'demonstration'],
  depth: ['1', '2', '3', '4'],
  weekday: ['1', '2', '3', '4', '5', '6', '7'],
} as const;
export type Choices = keyof typeof CHOICES;

interface Base { key: string; label?: string; need?: boolean; hint?: string }
export type Field =
  | (Base & { as: 'local'; long?: boolean; max?: number })
  | (Base & { as: 'text'; mono?: boolean })
  | (Base & { as: 'number'; min?: number; max?: number })
  | (Base & { as: 'decimal'; min?: number; max?: number })
  | (Base & { as: 'date' })
  | (Base & { as: 'check' })
  | (Base & { as: 'lines' })
  | (Base & { as: 'words' })
  | (Base & { as: 'sources' })
  | (Base & { as: 'choice'; of: Choices | 'source'; numeric?: boolean })
  | (Base & { as: 'many'; of: Choices | 'source'; numeric?: boolean })
  | (Base & { as: 'group'; of: Field[]; blank?: () => Body })
  | (Base & { as: 'list'; of: Field[]; blank: () => Body; name?: string });

const today = (): string => new Date().toLocaleDateString('sv-SE', { timeZone: 'Asia/Shanghai' });
const text2 = (): Body => ({ zh: '', en: '' });
const words = (): Body => ({ zh: [], en: [], yue: [] });
export const newFact = (): Body => ({ status: 'to_confirm', source: 'DEMO', as_of: today() });

const local = (key: string, more: Partial<Extract<Field, { as: 'local' }>> = {}): Field => ({ as: 'local', key, ...more });
/** Provenance, at the foot of every fact. */
export const PROVENANCE: Field[] = [
  { as: 'choice', key: 'status', of: 'status', need: true },
  { as: 'choice', key: 'source', of: 'source', need: true },
  { as: 'date', key: 'as_of', need: true },
  { as: 'date', key: 'valid_from' },
  { as: 'date', key: 'valid_to' },
];
const provenance: Field = { as: 'group', key: '', label: 'provenance', of: PROVENANCE };
const fact = (...of: Field[]): Field[] => [...of, provenance];
const textFacts = (key: string): Field => ({ as: 'list', key, name: 'text', of: fact(local('text', { need: true, long: true })), blank: () => ({ text: text2(), ...newFact() }) });
const time: Field[] = fact(
  local('text', { need: true }),
  { as: 'choice', key: 'unit', of: 'unit', need: true },
  { as: 'decimal', key: 'promise_days', min: 0 },
  { as: 'decimal', key: 'statutory_days', min: 0 },
);
const newTime = (): Body => ({ text: text2(), unit: 'working_day', promise_days: null, statutory_days: null, ...newFact() });

export const VARIANT = {
  department: local('department'),
  conditions: textFacts('conditions'),
  exclusions: textFacts('exclusions'),
  materials: {
    as: 'list', key: 'materials', name: 'name',
    blank: () => ({ id: '', name: text2(), need: 'required', condition: null, originals: 1, copies: 0, issued_by: null, medium: null, e_licence: false, validity_days: null, fill_hint: null, form_url: null, ...newFact() }),
    of: fact(
      local('name', { need: true }),
      { as: 'text', key: 'id', mono: true, need: true, hint: 'id' },
      { as: 'choice', key: 'need', of: 'need', need: true },
      local('condition'),
      { as: 'number', key: 'originals', min: 0 },
      { as: 'number', key: 'copies', min: 0 },
      { as: 'choice', key: 'issued_by', of: 'issuer' },
      { as: 'choice', key: 'medium', of: 'medium' },
      { as: 'check', key: 'e_licence' },
      { as: 'number', key: 'validity_days', min: 1 },
      local('fill_hint'),
      { as: 'text', key: 'form_url' },
    ),
  },
  time: { as: 'group', key: 'time', of: time, blank: newTime },
  later_times: { as: 'list', key: 'later_times', name: 'text', of: time, blank: newTime },
  fees: {
    as: 'list', key: 'fees', name: 'name', blank: () => ({ name: text2(), text: text2(), amount: null, currency: 'CNY', basis: null, waiver: null, ...newFact() }),
    of: fact(local('name', { need: true }), local('text', { need: true, label: 'fee_text' }), { as: 'decimal', key: 'amount', min: 0 }, local('basis'), local('waiver')),
  },
  channels: {
    as: 'list', key: 'channels', name: 'name',
    blank: () => ({ channel: 'window', name: text2(), hours: null, identity_level: 'L0', at: [], appointment: false, url: null, phone: null, languages: [], delivery: false, ...newFact() }),
    of: fact(
      local('name', { need: true }),
      { as: 'choice', key: 'channel', of: 'channel', need: true },
      local('hours', { need: true }),
      { as: 'choice', key: 'identity_level', of: 'level', need: true },
      { as: 'many', key: 'at', of: 'place_kind', hint: 'at' },
      { as: 'text', key: 'url' },
      { as: 'text', key: 'phone' },
      { as: 'check', key: 'appointment' },
      { as: 'check', key: 'delivery' },
      { as: 'many', key: 'languages', of: 'speech' },
    ),
  },
  where: { as: 'group', key: 'where', of: fact(local('text', { need: true, label: 'where' })), blank: () => ({ text: text2(), ...newFact() }) },
  steps: {
    as: 'list', key: 'steps', name: 'text', blank: () => ({ text: text2(), stage: null, actor: null, days: null, ...newFact() }),
    of: fact(local('text', { need: true, long: true }), { as: 'choice', key: 'stage', of: 'stage' }, { as: 'choice', key: 'actor', of: 'actor' }, { as: 'decimal', key: 'days', min: 0 }),
  },
  notes: textFacts('notes'),
  phones: { as: 'lines', key: 'phones' },
  max_visits: { as: 'number', key: 'max_visits', min: 0, max: 9 },
  online_depth: { as: 'choice', key: 'online_depth', of: 'depth', numeric: true },
  implementation_code: { as: 'text', key: 'implementation_code', mono: true },
} satisfies Record<string, Field>;
/** Added to what both cities have in common; every other field of a city replaces it. */
export const ADDED: readonly string[] = ['notes', 'conditions', 'exclusions'];

export interface Section { id: string; fields: Field[]; variant?: Field[] }
const V = VARIANT as unknown as Record<string, Field>;
const v = (...keys: string[]): Field[] => keys.map((key) => V[key] as Field);
const codes = (key: string): Field => ({ as: 'lines', key, hint: 'codes' });

const ITEM: Section[] = [
  { id: 'basic', fields: [
    local('name', { need: true }), local('summary', { need: true, long: true, max: 120 }), local('result'),
    { as: 'choice', key: 'domain', of: 'domain', need: true }, { as: 'many', key: 'audience', of: 'audience' },
    { as: 'group', key: 'jurisdiction', of: [{ as: 'choice', key: 'deciding_fact', of: 'fact', need: true }, local('text', { need: true, label: 'jurisdiction_text' })], blank: () => ({ deciding_fact: 'none', text: text2() }) },
    { as: 'many', key: 'cross_city_modes', of: 'mode' },
    { as: 'group', key: 'same_standard', of: [{ as: 'choice', key: 'level', of: 'standard', need: true, label: 'standard_level' }, { as: 'date', key: 'since' }, { as: 'choice', key: 'source', of: 'source' }], blank: () => ({ level: 'none', since: null, source: null }) },
    codes('related'), { as: 'text', key: 'catalog_code', mono: true },
  ] },
  { id: 'words', fields: [{ as: 'words', key: 'colloquial' }, { as: 'words', key: 'questions' }, { as: 'words', key: 'aliases' }] },
  { id: 'conditions', fields: [], variant: v('conditions', 'exclusions') },
  { id: 'materials', fields: [], variant: v('materials') },
  { id: 'time', fields: [], variant: v('time', 'later_times', 'fees', 'max_visits') },
  { id: 'channels', fields: [], variant: v('channels', 'online_depth') },
  { id: 'way', fields: [], variant: v('where', 'steps') },
  { id: 'notes', fields: [], variant: v('department', 'phones', 'notes', 'implementation_code') },
  { id: 'faqs', fields: [{
    as: 'list', key: 'faqs', name: 'question', blank: () => ({ question: text2(), answer: text2(), city: null, said: words(), in_context: words(), ...newFact() }),
    of: fact(local('question', { need: true }), local('answer', { need: true, long: true }), { as: 'choice', key: 'city', of: 'city' }, { as: 'words', key: 'said' }, { as: 'words', key: 'in_context' }),
  }] },
  { id: 'sources', fields: [
    { as: 'sources', key: 'sources' }, { as: 'choice', key: 'status', of: 'status', need: true }, { as: 'date', key: 'as_of', need: true },
    { as: 'date', key: 'next_review' }, { as: 'date', key: 'valid_from' }, { as: 'date', key: 'valid_to' },
  ] },
];

const cityField: Field = { as: 'choice', key: 'city', of: 'city', need: true };
const FORMS: Record<Exclude<Kind, 'item'>, Field[]> = {
  source: [local('title', { need: true }), { as: 'choice', key: 'kind', of: 'document', need: true, label: 'document_kind' }, { as: 'text', key: 'doc_no' }, { as: 'text', key: 'url' }, { as: 'date', key: 'issued' }],
  centre: fact(
    local('name', { need: true }), cityField, { as: 'choice', key: 'level', of: 'place', need: true, label: 'place_level' }, local('district', { need: true }), local('address', { need: true }),
    { as: 'number', key: 'lat' }, { as: 'number', key: 'lon' }, local('transit'),
    { as: 'list', key: 'hours', label: 'opening', blank: () => ({ days: [1, 2, 3, 4, 5], opens: '09:00', closes: '17:00' }), of: [{ as: 'many', key: 'days', of: 'weekday', numeric: true, label: 'weekdays' }, { as: 'text', key: 'opens', need: true }, { as: 'text', key: 'closes', need: true }] },
    local('hours_note'),
    { as: 'list', key: 'windows', name: 'name', blank: () => ({ number: '', name: text2(), cross_city: false, serves: [], kind: null, domains: [], items: [], appointment: false }), of: [{ as: 'text', key: 'number', need: true }, local('name', { need: true }), { as: 'check', key: 'cross_city' }, { as: 'many', key: 'serves', of: 'city' }, { as: 'choice', key: 'kind', of: 'place_kind', label: 'window_kind', hint: 'window_kind' }, { as: 'many', key: 'domains', of: 'domain' }, codes('items'), { as: 'check', key: 'appointment' }] },
    { as: 'list', key: 'terminals', name: 'name', blank: () => ({ id: '', name: text2(), serves: [], items: [], all_day: false, in_service: true }), of: [{ as: 'text', key: 'id', need: true, mono: true }, local('name', { need: true }), { as: 'many', key: 'serves', of: 'city' }, codes('items'), { as: 'check', key: 'all_day' }, { as: 'check', key: 'in_service' }] },
    { as: 'many', key: 'accessibility', of: 'access' }, { as: 'many', key: 'languages', of: 'speech' }, { as: 'lines', key: 'phones' },
  ),
  bundle: fact(
    local('name', { need: true }), local('summary', { need: true, long: true }), { as: 'words', key: 'wordings' },
    { as: 'list', key: 'questions', label: 'bundle_questions', name: 'text', blank: () => ({ id: '', text: text2(), items: [], skips: [] }), of: [local('text', { need: true, label: 'question' }), { as: 'text', key: 'id', mono: true, need: true }, { ...codes('items'), label: 'yes_items' }, codes('skips')] },
    {
      as: 'list', key: 'steps', name: 'item', blank: () => ({ item: '', after: [], optional: false, later: false, condition: null, who: null, note: null, without: [], needs: [], gives: [] }),
      of: [
        { as: 'text', key: 'item', mono: true, need: true }, codes('after'), { as: 'check', key: 'optional' }, { as: 'check', key: 'later' }, local('condition'), local('who'), local('note'),
        { as: 'lines', key: 'without', hint: 'own_materials' }, { as: 'lines', key: 'needs', hint: 'needs' }, { as: 'lines', key: 'gives', hint: 'gives' },
      ],
    },
    { as: 'list', key: 'shared_fields', blank: text2, of: [{ as: 'local', key: '', label: 'text' }] },
    { as: 'list', key: 'shared_materials', name: 'name', blank: () => ({ id: '', name: text2(), materials: [] }), of: [local('name', { need: true }), { as: 'text', key: 'id', mono: true, need: true, hint: 'shared_id' }, { as: 'lines', key: 'materials', label: 'shared_ids', hint: 'shared_ids' }] },
  ),
  liaison: fact(
    local('role', { need: true }), local('org', { need: true }), cityField, { as: 'many', key: 'domains', of: 'domain' }, local('duty', { need: true }), { as: 'text', key: 'phone', need: true },
    { as: 'choice', key: 'visibility', of: 'visibility', need: true }, { as: 'date', key: 'confirmed_at', need: true },
  ),
  door_offer: fact(
    local('name', { need: true }), cityField, local('area', { need: true }), local('sites', { need: true }), codes('items'), local('slots', { need: true }), { as: 'number', key: 'min_people', min: 1 }, { as: 'text', key: 'phone' },
  ),
  outside: [{ as: 'list', key: 'names', blank: text2, of: [{ as: 'local', key: '', label: 'name' }] }],
};

export const sectionsOf = (kind: Kind): Section[] => (kind === 'item' ? ITEM : [{ id: 'record', fields: FORMS[kind] }]);
export const emptyVariant = (): Body => Object.fromEntries(Object.entries(V).map(([key, f]) => [key, f.as === 'list' || f.as === 'lines' ? [] : null]));

/** A record nobody has written yet. */
export function blankBody(kind: Kind, key: string): Body {
  if (kind === 'outside') return { names: [] };
  const made: Record<string, Json> = {};
  const fields = sectionsOf(kind).flatMap((s) => s.fields).flatMap((f) => (f.as === 'group' && !f.key ? f.of : [f]));
  for (const f of fields) {
    made[f.key] = f.as === 'local' ? (f.need ? text2() : null) : f.as === 'words' ? words() : f.as === 'list' || f.as === 'lines' || f.as === 'many' || f.as === 'sources' ? []
      : f.as === 'group' ? (f.blank?.() ?? {}) : f.as === 'check' ? false : f.as === 'choice' && f.need && f.of !== 'source' ? (CHOICES[f.of][0] as string) : null;
  }
  if (kind === 'item') return { item_id: key, ...made, ...newFact(), source: undefined as never, sources: ['DEMO'], cities: { shenzhen: emptyVariant(), dongguan: emptyVariant() }, common: emptyVariant() };
  return { id: key, ...made, ...(kind === 'source' ? {} : newFact()) };
}
