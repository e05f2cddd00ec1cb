/** Searching the service list beside a conversation: an item opens to its facts, and each fact goes
 *  into the reply with its source and date. The report uses the same search to pick its codes. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import { day } from '../lib/format';
import { tag, tl } from '../lib/i18n';
import { Icon } from '../lib/icons';
import { toast } from '../lib/overlay';
import { lang } from '../lib/prefs';
import type { City, Lang } from '../lib/types';
import { Button, cx, ScopeMark, Skeleton, StatusBadge } from '../lib/ui';
import { FACET_ICON } from '../lib/compare';
import { ApiError, search, service, type Found, type Service } from './api';
import { composing } from './keys';
import { factText, factsOf, summaryText } from './facts';
import { Glyph } from './glyph';
import { t } from './text';

const QUIET_MS = 300;

interface Result { found: Found | null; busy: boolean; problem: string }

/** Results for `q` after a short pause of typing; an older answer never replaces a newer one. */
export function useSearch(q: string, as: Lang, city: City | null): Result & { again: () => void } {
  const state = useSignal<Result>({ found: null, busy: false, problem: '' });
  const round = useSignal(0);
  useEffect(() => {
    const words = q.trim();
    if (!words) {
      state.value = { found: null, busy: false, problem: '' };
      return;
    }
    const stop = new AbortController();
    state.value = { ...state.peek(), busy: true, problem: '' };
    const timer = setTimeout(() => {
      search(words.slice(0, 500), as, city, stop.signal).then(
        (found) => (state.value = { found, busy: false, problem: '' }),
        (error: unknown) => {
          if (stop.signal.aborted) return;
          const said = error instanceof ApiError ? error.wire?.message : '';
          state.value = { found: null, busy: false, problem: said || t('search.problem') };
        },
      );
    }, QUIET_MS);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [q, as, city, round.value]);
  return { ...state.value, again: () => (round.value += 1) };
}

function Item({ code, as, onInsert }: { code: string; as: Lang; onInsert: (text: string) => void }): JSX.Element {
  const item = useSignal<Service | null>(null);
  const problem = useSignal('');
  useEffect(() => {
    const stop = new AbortController();
    service(code, stop.signal).then((got) => (item.value = got), (error: unknown) => {
      if (!stop.signal.aborted) problem.value = (error instanceof ApiError && error.wire?.message) || t('search.problem');
    });
    return () => stop.abort();
  }, [code]);
  if (problem.value) return <p class="field-problem" role="alert"><Icon name="warning" />{problem.value}</p>;
  const got = item.value;
  if (!got) return <Skeleton lines={4} />;
  return (
    <div class="fact-list" lang={tag(as)}>
      <div class="fact fact-summary">
        <p>{got.summary[as]}</p>
        {got.jurisdiction?.text?.[as] && <p class="fact-where"><Icon name="pin" />{got.jurisdiction.text[as]}</p>}
        <p class="fact-foot"><StatusBadge status={got.status} /><span>{tl('answer.as_of', { date: day(got.as_of) })}</span></p>
        <Button size="sm" variant="quiet" onClick={() => onInsert(summaryText(got, as))}><Glyph name="insert" /> {t('search.insert_summary')}</Button>
      </div>
      {factsOf(got, as).map((fact) => (
        <div class="fact" key={fact.facet + fact.city}>
          <p class="fact-head"><Icon name={FACET_ICON[fact.facet]} /><b>{tl(`facet.${fact.facet}`, undefined, as)}</b><ScopeMark scope={fact.city} as={as} /></p>
          <p class="fact-text">{fact.text}</p>
          <p class="fact-foot"><span>{fact.source}</span><span>{tl('answer.as_of', { date: day(fact.as_of) })}</span></p>
          <Button size="sm" onClick={() => onInsert(factText(got, fact, as))} aria-label={`${t('search.insert')}：${tl(`facet.${fact.facet}`, undefined, as)}`}><Glyph name="insert" /> {t('search.insert')}</Button>
        </div>
      ))}
    </div>
  );
}

/** The search tab of the context column. `as`: the language the resident reads. */
export function ServiceSearch({ as, city, onInsert }: { as: Lang; city: City | null; onInsert: ((text: string) => void) | null }): JSX.Element {
  const q = useSignal('');
  const only = useSignal<City | null>(null);
  const open = useSignal<string | null>(null);
  const id = useId();
  useEffect(() => { only.value = null; }, [city]);
  const { found, busy, problem, again } = useSearch(q.value, as, only.value);
  const put = (text: string): void => {
    if (!onInsert) return toast(t('search.no_talk'), 'info');
    onInsert(text);
    toast(t('search.inserted'), 'success', 2500);
  };
  const hits = found ? [...found.results, ...(found.elsewhere ?? [])] : [];
  return (
    <div class="search">
      <div class="search-head">
        <label class="sr-only" for="search-box">{t('search.label')}</label>
        <div class="search-field">
          <Glyph name="search" />
          <input
            id="search-box" class="input" type="search" value={q.value} placeholder={t('search.placeholder')} autoComplete="off" maxLength={200}
            aria-controls={id} onInput={(e) => { q.value = e.currentTarget.value; open.value = null; }}
          />
        </div>
        <div class="search-cities" role="group" aria-label={t('search.city')}>
          {([null, 'shenzhen', 'dongguan'] as const).map((c) => (
            <button key={c ?? 'all'} type="button" class={cx('pill', only.value === c && 'pill-on')} aria-pressed={only.value === c} onClick={() => (only.value = c)}>
              {c ? tl(`city.${c}`) : tl('city.both')}
            </button>
          ))}
        </div>
      </div>
      <div class="search-results" id={id} aria-busy={busy}>
        <p class="sr-only" role="status">{found && !busy ? t('search.count', { n: hits.length }) : ''}</p>
        {problem ? <div class="nothing"><Icon name="warning" /><p>{problem}</p><Button size="sm" icon="refresh" onClick={again}>{tl('retry')}</Button></div>
          : !q.value.trim() ? <div class="nothing"><Glyph name="search" /><p>{t('search.empty')}</p></div>
          : busy && !found ? <div class="pad"><Skeleton lines={5} /></div>
          : found && (
            <>
              {found.decision === 'abstain' && <p class="search-note tone-warning"><Icon name="warning" />{t('search.abstain')}</p>}
              {hits.length === 0 ? <div class="nothing"><Icon name="info" /><p>{t('search.none')}</p></div> : (
                <ul class="hits">
                  {hits.map((hit) => {
                    const shown = open.value === hit.code;
                    return (
                      <li key={hit.code} class={cx('hit', shown && 'hit-open')}>
                        <button type="button" class="hit-head" aria-expanded={shown} onClick={() => (open.value = shown ? null : hit.code)}>
                          <span><b>{hit.name[lang.value]}</b><span class="code">{hit.code}</span></span>
                          <Icon name="chevron" class="fold-arrow" />
                        </button>
                        {shown && <Item code={hit.code} as={as} onInsert={put} />}
                      </li>
                    );
                  })}
                </ul>
              )}
            </>
          )}
      </div>
    </div>
  );
}

/** Picks codes for the report; those picked are shown as chips that can be taken off. */
export function CodePicker({ value, as, onChange, disabled }: {
  value: { code: string; name: string }[]; as: Lang; disabled?: boolean; onChange: (next: { code: string; name: string }[]) => void;
}): JSX.Element {
  const q = useSignal('');
  const id = useId();
  const { found, busy, problem } = useSearch(q.value, as, null);
  const hits = (found?.results ?? []).filter((h) => !value.some((v) => v.code === h.code)).slice(0, 5);
  const add = (code: string, name: string): void => {
    onChange([...value, { code, name }].slice(0, 20));
    q.value = '';
  };
  return (
    <div class="codes">
      {value.length > 0 && (
        <ul class="code-chips" aria-label={t('wrap.codes')}>
          {value.map((v) => (
            <li key={v.code}>
              <span class="code">{v.code}</span><span>{v.name}</span>
              <button type="button" class="chip-x" disabled={disabled} aria-label={t('wrap.remove_code', { code: v.code })} title={t('wrap.remove_code', { code: v.code })} onClick={() => onChange(value.filter((x) => x.code !== v.code))}><Icon name="close" /></button>
            </li>
          ))}
        </ul>
      )}
      <label class="sr-only" for={`${id}q`}>{t('wrap.find_code')}</label>
      <div class="search-field">
        <Glyph name="search" />
        <input
          id={`${id}q`} class="input" type="search" value={q.value} disabled={disabled} placeholder={t('wrap.find_code')} autoComplete="off" maxLength={200}
          onInput={(e) => (q.value = e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key !== 'Enter' || composing(e) || e.ctrlKey) return;
            e.preventDefault();
            const best = hits[0];
            if (best && !busy) add(best.code, best.name[as]);
          }}
        />
      </div>
      {q.value.trim() && (
        <ul class="code-hits" aria-busy={busy}>
          {problem && <li class="field-problem"><Icon name="warning" />{problem}</li>}
          {hits.map((h) => (
            <li key={h.code}><button type="button" onClick={() => add(h.code, h.name[as])}><Icon name="plus" /><span>{h.name[lang.value]}</span><span class="code">{h.code}</span></button></li>
          ))}
          {!busy && !problem && hits.length === 0 && <li class="field-hint">{t('search.none')}</li>}
        </ul>
      )}
    </div>
  );
}
