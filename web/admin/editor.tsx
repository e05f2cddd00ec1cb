/** The middle: one record, section by section. What holds for both cities stands above, the two cities side
 *  by side below it; every text has both languages next to each other. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Glyph } from '../desk/glyph';
import { moment } from '../lib/format';
import { Icon } from '../lib/icons';
import { lang } from '../lib/prefs';
import type { City } from '../lib/types';
import { Badge, Button, cx, CityMark, IconButton, Skeleton, type Tone } from '../lib/ui';
import type { Body, DraftState, Json } from './api';
import { editor, go, opening, openProblem, open, section, sheet, wide, work as current } from './app';
import { commonForeign, foreign, ForeignMark, recordForeign } from './cities';
import { Fields, FieldView, idOf, Problems, whereName } from './fields';
import { keepFocus } from './focus';
import { keyOf } from './keys';
import { dotted, type Path } from './paths';
import { ADDED, emptyVariant, sectionsOf, type Field, type Section } from './schema';
import { t, tk } from './text';
import type { Work } from './work';
import { written } from './written';

export const STATE_TONE: Record<DraftState, Tone> = { editing: 'info', in_review: 'warning', approved: 'success', published: 'neutral', discarded: 'neutral' };

export function StateBadge({ state }: { state: DraftState }): JSX.Element {
  return <Badge tone={STATE_TONE[state]} icon={state === 'approved' ? 'check' : state === 'in_review' ? 'eye' : 'text'}>{t(`state.${state}`)}</Badge>;
}

const nameOf = (work: Work): string => {
  const from = work.kind === 'source' ? 'title' : work.kind === 'liaison' ? 'role' : 'name';
  const name = work.body.value[from] as Record<string, Json> | undefined;
  return String(name?.[lang.value] || name?.zh || work.shown.value.name[lang.value]);
};

/** Whether a place (`common.materials.0`) is in a section: one of its fields, in common or in a city. */
function holds(part: Section, path: string): boolean {
  const keys = [...part.fields.flatMap((f) => (f.as === 'group' && !f.key ? f.of.map((x) => x.key) : [f.key])), ...(part.variant ?? []).flatMap((f) => [`common.${f.key}`, `cities.shenzhen.${f.key}`, `cities.dongguan.${f.key}`])];
  return keys.some((key) => path === key || path.startsWith(`${key}.`));
}

/** Problems of a section. */
function countOf(work: Work, part: Section): { errors: number; warnings: number } {
  let errors = 0, warnings = 0;
  for (const [path, found] of work.findings.value) {
    if (!holds(part, path)) continue;
    errors += found.filter((f) => f.level === 'error').length;
    warnings += found.filter((f) => f.level === 'warning').length;
  }
  return { errors, warnings };
}

function Tabs({ work, sections }: { work: Work; sections: Section[] }): JSX.Element | null {
  if (sections.length < 2) return null;
  const press = (e: KeyboardEvent): void => {
    const by = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0;
    if (!by) return;
    e.preventDefault();
    turn(work, by);
    setTimeout(() => document.getElementById(`tab-${section.peek()}`)?.focus());
  };
  return (
    <div class="tabs" role="tablist" aria-label={t('sections')} onKeyDown={press}>
      {sections.map((part) => {
        const { errors, warnings } = countOf(work, part);
        const on = section.value === part.id;
        return (
          <button key={part.id} id={`tab-${part.id}`} type="button" role="tab" class={cx('tab', on && 'tab-on')} aria-selected={on} aria-controls="section-panel" tabIndex={on ? 0 : -1} onClick={() => (section.value = part.id)}>
            {tk(`s.${part.id}`)}
            {errors + warnings > 0 && <span class={cx('tab-bad', errors > 0 && 'tab-error')}><span aria-hidden="true">{errors || warnings}</span><span class="sr-only">{t('findings.n', { n: errors + warnings })}</span></span>}
          </button>
        );
      })}
    </div>
  );
}

const LEAD_MS = 60, LEAD_TRIES = 8;

/** Shows the section of a field and puts the focus on it, or on what is around it. */
function leadTo(work: Work, path: Path): void {
  const part = sectionsOf(work.kind).find((s) => holds(s, dotted(path)));
  if (part) section.value = part.id;
  const there = (of: Path): HTMLElement | undefined => {
    const found = ['', '-zh', '-en'].flatMap((end) => document.getElementById(idOf(of) + end) ?? []);
    return found.find((node) => (node as HTMLTextAreaElement).value === '') ?? found[0];
  };
  const look = (left: number): void => {
    let node = there(path);
    if (!node && left > 0) return void setTimeout(() => look(left - 1), LEAD_MS);
    for (let up = path; !node && up.length > 1;) node = there((up = up.slice(0, -1)));
    (node ?? document.getElementById('section-panel'))?.focus();
    if (work.lead.peek() === path) work.lead.value = null;
  };
  setTimeout(() => look(LEAD_TRIES), LEAD_MS);
}

/** Asks for review, by button or key. */
export async function submit(work: Work): Promise<void> {
  if (await work.submit()) keepFocus('#edit-title');
}

async function save(work: Work): Promise<void> {
  if (await work.save()) keepFocus('.save-buttons .btn-primary:not(:disabled)', '#edit-title');
}

/** The section before or after; goes round. */
export function turn(work: Work, by: 1 | -1): void {
  const ids = sectionsOf(work.kind).map((s) => s.id);
  section.value = ids[(ids.indexOf(section.peek()) + by + ids.length) % ids.length] ?? ids[0] ?? '';
  document.getElementById(`tab-${section.peek()}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

const size = (value: Json | undefined): number => (Array.isArray(value) ? value.length : value ? 1 : 0);

/** Whether a city has its own, takes over what is common, or has nothing. */
function Inherit({ work, city, field }: { work: Work; city: City; field: Field }): JSX.Element | null {
  const common = size(work.value(['common', field.key])), own = size(work.value(['cities', city, field.key]));
  if (ADDED.includes(field.key)) return common ? <p class="inherit">{t('inherit.added', { n: common })}</p> : null;
  if (own) return common ? <p class="inherit">{t('inherit.replaced')}</p> : null;
  return <p class="inherit">{common ? t('inherit.taken') : t('inherit.none')}</p>;
}

function CityColumn({ work, city, fields, ro }: { work: Work; city: City; fields: Field[]; ro: boolean }): JSX.Element {
  const there = work.value(['cities', city]), other = foreign(city);
  const locked = ro || other;
  const set = (on: boolean): void => {
    const before = (work.saved.peek().cities as Body | undefined)?.[city] as Body | null | undefined;
    if (on) work.set(['cities', city], before ?? emptyVariant());
    else work.remove(['cities', city], null, tk(`o.city.${city}`));
  };
  return (
    <section class={cx('city-col', `col-${city}`)} id={idOf(['cities', city])} tabIndex={-1} aria-label={tk(`o.city.${city}`)}>
      <header class="city-head">
        <CityMark city={city} named />
        {other && <ForeignMark />}
        <label class="handled"><input type="checkbox" checked={!!there} disabled={locked} onChange={(e) => set(e.currentTarget.checked)} /><span>{t('city.handles')}</span></label>
      </header>
      {there ? fields.map((field) => (
        <div class="city-field" key={field.key}>
          <Inherit work={work} city={city} field={field} />
          <FieldView field={field} path={['cities', city, field.key]} work={work} ro={locked} />
        </div>
      )) : <p class="empty-note">{t('city.not_handled')}</p>}
      <Problems found={work.at(['cities', city])} />
    </section>
  );
}

function SectionView({ work, part, ro }: { work: Work; part: Section; ro: boolean }): JSX.Element {
  const common = commonForeign(work), fields = (common && part.id === 'faqs') || recordForeign(work);
  return (
    <>
      {fields && <ForeignMark />}
      {part.fields.length > 0 && <Fields fields={part.fields} path={[]} work={work} ro={ro || fields} />}
      {part.variant && (
        <>
          <section class="common-col" aria-label={t('city.common')}>
            <header class="city-head"><Icon name="home" /><b>{t('city.common')}</b><small>{t('city.common_hint')}</small>{common && <ForeignMark />}</header>
            <Fields fields={part.variant} path={['common']} work={work} ro={ro || common} />
          </section>
          <div class="city-cols">
            {(['shenzhen', 'dongguan'] as const).map((city) => <CityColumn key={city} work={work} city={city} fields={part.variant ?? []} ro={ro} />)}
          </div>
        </>
      )}
    </>
  );
}

function Note({ tone, icon, children, action }: { tone: Tone; icon: 'info' | 'warning' | 'shield' | 'clock'; children: JSX.Element | string; action?: JSX.Element }): JSX.Element {
  return <div class={cx('note', `tone-${tone}`)}><Icon name={icon} /><p>{children}</p>{action}</div>;
}

function Notes({ work }: { work: Work }): JSX.Element {
  const draft = work.draft, restored = work.restored.value;
  const general = work.at([]);
  return (
    <div class="notes">
      {restored && work.dirty.value && <Note tone="info" icon="clock" action={<Button size="sm" onClick={() => { work.revert(); keepFocus('#edit-title'); }}>{t('restored.drop')}</Button>}>{t('restored', { at: moment(restored) })}</Note>}
      {draft?.scheduled_in && <Note tone="warning" icon="clock">{t('locked.scheduled', { n: draft.scheduled_in })}</Note>}
      {draft?.withdraw && <Note tone="warning" icon="warning">{t('locked.withdraw')}</Note>}
      {!work.locked && draft?.state === 'in_review' && <Note tone="warning" icon="info" action={<Button size="sm" onClick={() => go('review', draft.id)}>{t('go.review')}</Button>}>{t('note.in_review')}</Note>}
      {!work.locked && draft?.state === 'approved' && <Note tone="success" icon="info" action={<Button size="sm" onClick={() => go('publish')}>{t('go.publish')}</Button>}>{t('note.approved')}</Note>}
      {draft?.state === 'editing' && draft.why && draft.reviewer === null && draft.updated_by.id !== editor.value?.id && <Note tone="info" icon="info">{t('note.last', { name: draft.updated_by.name, why: draft.why })}</Note>}
      <Problems found={general} />
      <Problems found={work.refused.value} named={whereName} />
    </div>
  );
}

/** Offers to put back what was taken out last. */
function Undo({ work }: { work: Work }): JSX.Element | null {
  const last = work.removed.value.at(-1);
  if (!last || !work.offered.value) return null;
  return (
    <div class="undo">
      <span>{t('removed.what', { name: last.name })}</span>
      <Button size="sm" aria-keyshortcuts="Control+Z" title={`${t('undo')}（${keyOf('undo')}）`} onClick={() => work.undo()}>{t('undo')}</Button>
      <IconButton icon="close" label={t('undo.close')} onClick={() => { work.offered.value = false; keepFocus('#section-panel'); }} />
    </div>
  );
}

function SaveBar({ work }: { work: Work }): JSX.Element {
  const { state, why, whyMissing, problem, dirty } = work, draft = work.draft;
  const said = problem.value || t(`save.${state.value === 'clean' && draft ? 'saved' : state.value}`);
  const quiet = !whyMissing.value && !problem.value && !dirty.value && state.value !== 'saving';
  return (
    <footer class={cx('savebar', !dirty.value && !draft && 'savebar-idle')}>
      <div class="why">
        <label class="sr-only" for="why">{t('why')}</label>
        <input
          id="why" class="input" value={why.value} maxLength={500} placeholder={t('why.hint')} readOnly={work.locked} aria-invalid={whyMissing.value} aria-describedby="save-state"
          onInput={(e) => { why.value = written(e.currentTarget); whyMissing.value = false; }}
        />
      </div>
      <p id="save-state" class={cx('save-state', `save-${whyMissing.value || problem.value ? 'failed' : state.value}`, quiet && 'save-quiet')} role="status">
        {whyMissing.value ? <><Icon name="warning" />{t('why.missing')}</> : <><Icon name={state.value === 'failed' || problem.value ? 'warning' : dirty.value ? 'text' : 'check'} />{said}</>}
      </p>
      <div class="save-buttons">
        <Button size="sm" variant="quiet" disabled={!dirty.value && !work.shown.value.may.discard} aria-keyshortcuts={keyOf('discard')} title={`${t('discard')}（${keyOf('discard')}）`} onClick={() => (sheet.value = 'discard')}>{t('discard')}</Button>
        <Button size="sm" busy={state.value === 'saving'} disabled={(!dirty.value && !work.rebase.value) || work.locked} aria-keyshortcuts="Control+S" title={`${t('save')}（${keyOf('save')}）`} onClick={() => void save(work)}>{t('save')}</Button>
        <Button size="sm" variant="primary" busy={work.sending.value} disabled={work.locked || (!dirty.value && draft?.state !== 'editing')} aria-keyshortcuts="S" title={`${t('submit')}（${keyOf('submit')}）`} onClick={() => void submit(work)}>{t('submit')}</Button>
      </div>
    </footer>
  );
}

function useGuard(work: Work): void {
  useEffect(() => {
    const leave = (event: BeforeUnloadEvent): void => {
      work.keep();
      if (work.dirty.peek()) event.preventDefault();
    };
    addEventListener('beforeunload', leave);
    return () => removeEventListener('beforeunload', leave);
  }, [work]);
}

function Opened({ work }: { work: Work }): JSX.Element {
  useGuard(work);
  useEffect(() => { if (work.lead.value) leadTo(work, work.lead.value); }, [work.lead.value]);
  // Where the whole column moves, a section begins at its top.
  useEffect(() => { document.querySelector('.col-edit')?.scrollTo?.({ top: 0 }); }, [section.value]);
  const sections = sectionsOf(work.kind), part = sections.find((s) => s.id === section.value) ?? sections[0];
  const { revision, draft } = work.shown.value;
  const errors = [...work.findings.value.values()].flat().filter((f) => f.level === 'error').length;
  return (
    <>
      <header class="edit-head">
        <div class="edit-title">
          <h2 id="edit-title" tabIndex={-1}>{nameOf(work)}</h2>
          <p class="edit-tags">
            <span class="code">{work.key}</span>
            {revision === null ? <Badge tone="brand">{t('record.new')}</Badge> : <span class="muted">{t('record.revision', { n: revision })}</span>}
            {draft && <StateBadge state={draft.state} />}
            {errors > 0 && <Badge tone="urgent" icon="urgent">{t('errors.n', { n: errors })}</Badge>}
          </p>
        </div>
        <div class="edit-tools">
          {revision !== null && !draft && <Button size="sm" variant="quiet" onClick={() => (sheet.value = 'withdraw')}>{t('withdraw')}</Button>}
          <button type="button" class="icon-btn wide-btn" aria-pressed={wide.value} aria-label={t('wide')} title={`${t('wide')}（${keyOf('wide')}）`} onClick={() => (wide.value = !wide.value)}><Icon name={wide.value ? 'shrink' : 'expand'} /></button>
        </div>
      </header>
      <Notes work={work} />
      <Tabs work={work} sections={sections} />
      <div class="edit-body" id="section-panel" role={sections.length > 1 ? 'tabpanel' : undefined} aria-labelledby={sections.length > 1 ? `tab-${part?.id}` : undefined} tabIndex={0} key={part?.id}>
        {part && !draft?.withdraw && <SectionView work={work} part={part} ro={work.locked} />}
      </div>
      <Undo work={work} />
      <SaveBar work={work} />
    </>
  );
}

export function Editor(): JSX.Element {
  const work = current.value;
  if (openProblem.value) {
    return <div class="nothing nothing-tall"><Icon name="warning" /><p role="alert">{openProblem.value}</p><Button icon="refresh" onClick={() => { const [, kind, key] = location.hash.slice(2).split('/'); if (kind && key) void open(kind as never, decodeURIComponent(key), true); }}>{t('retry')}</Button></div>;
  }
  if (opening.value && (!work || work.key !== opening.value)) return <div class="pad"><Skeleton lines={8} /></div>;
  if (!work) return <div class="nothing nothing-tall"><Glyph name="pen" /><p>{t('edit.empty')}</p><p class="muted">{t('edit.empty_keys')}</p></div>;
  return <Opened key={work.key} work={work} />;
}
