/** What residents asked in vain, and wordings they showed the answer for. Both go into drafts, which a
 *  second person reviews like any other. */
import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { day } from '../lib/format';
import { textLang } from '../lib/i18n';
import { Icon } from '../lib/icons';
import { toast } from '../lib/overlay';
import { lang } from '../lib/prefs';
import type { LocalText } from '../lib/types';
import { Button, Segmented, Skeleton } from '../lib/ui';
import * as api from './api';
import { ApiError, type Pair, type PairState, type QuestionGroup } from './api';
import { ended, hrefOf, refresh, round } from './app';
import { useNextRow } from './focus';
import { useLoad } from './load';
import { Retry } from './side';
import { t } from './text';
import { said } from './work';
import { written } from './written';

const CODE = /^SG-[A-Z]{2}-\d{3}$/;
/** Services by code; null until they have come. */
type Names = ReadonlyMap<string, LocalText> | null;

const nameOf = (names: Names, code: string): string => names?.get(code)?.[lang.value] ?? '';

/** What may be personal in a wording, and the word of the editor that it is not. `asked`: the server wants it. */
interface Doubt { parts: string[]; asked: Signal<boolean>; sure: Signal<boolean> }

function useDoubt(parts: string[]): Doubt {
  return { parts, asked: useSignal(parts.length > 0), sure: useSignal(false) };
}

/** The server looks at a wording as it was edited: it may ask where nothing was seen before. */
const doubts = (error: unknown): boolean => error instanceof ApiError && error.wire?.details?.field === 'text';

function Sure({ id, doubt }: { id: string; doubt: Doubt }): JSX.Element | null {
  if (!doubt.asked.value) return null;
  return (
    <div class="note tone-warning"><Icon name="warning" />
      <p>{doubt.parts.length > 0 && <>{t('learn.personal', { parts: doubt.parts.join('、') })}<br /></>}
        <label class="radio"><input type="checkbox" id={`sure-${id}`} checked={doubt.sure.value} onChange={(e) => (doubt.sure.value = e.currentTarget.checked)} /><span>{t('learn.sure')}</span></label></p>
    </div>
  );
}

/** Whether an editor still has to say so; then he is led there. */
function mustSay(id: string, doubt: Doubt): boolean {
  if (!doubt.asked.peek() || doubt.sure.peek()) return false;
  document.getElementById(`sure-${id}`)?.focus();
  return true;
}

function Group({ group, names, onDone }: { group: QuestionGroup; names: Names; onDone: () => void }): JSX.Element {
  const words = useSignal(group.text), code = useSignal(''), why = useSignal(t('learn.why')), problem = useSignal(''), busy = useSignal('');
  const id = group.ids[0] ?? group.text, doubt = useDoubt(group.personal);
  const act = async (what: 'add' | 'dismiss'): Promise<void> => {
    if (what === 'add' && !CODE.test(code.value)) {
      problem.value = t('learn.bad_code');
      document.getElementById(`code-${id}`)?.focus();
      return;
    }
    if (what === 'add' && mustSay(id, doubt)) {
      problem.value = t('learn.need_sure');
      return;
    }
    busy.value = what;
    try {
      if (what === 'add') {
        const { draft } = await api.teach({ code: code.value, text: words.value.trim(), text_lang: group.lang, ids: group.ids, why: why.value.trim(), sure: doubt.sure.value });
        toast(t(draft ? 'learn.added' : 'learn.there', { code: code.value }), 'success');
      } else {
        await api.settle(group.ids, 'dismissed');
        toast(t('learn.dismissed'), 'success');
      }
      void refresh();
      onDone();
    } catch (error) {
      if (!ended(error)) problem.value = said(error);
      if (doubts(error)) doubt.asked.value = true;
    }
    busy.value = '';
  };
  return (
    <li class="task" tabIndex={-1}>
      <p class="task-head"><span class="num">{t('learn.asked', { n: group.asked })}</span><span>{t('learn.last', { day: day(group.last_day) })}</span></p>
      <p class="task-text" lang={textLang(group.text)}>{group.text}</p>
      {group.texts.length > 1 && <details><summary>{t('learn.others', { n: group.texts.length - 1 })}</summary><ul class="asked">{group.texts.filter((x) => x !== group.text).map((x) => <li key={x} lang={textLang(x)}>{x}</li>)}</ul></details>}
      {group.nearest.length > 0 && (
        <fieldset class="nearest">
          <legend class="fld-label">{t('learn.nearest')}</legend>
          {group.nearest.map((c) => (
            <p key={c} class="nearest-one">
              <label class="radio"><input type="radio" name={`near-${id}`} checked={code.value === c} onChange={() => { code.value = c; problem.value = ''; }} /><span>{nameOf(names, c) || c}</span></label>
              <a class="code" href={hrefOf('list', 'item', c)} aria-label={t('task.open', { key: c })}>{c}</a>
            </p>
          ))}
        </fieldset>
      )}
      <div class="teach">
        <label class="pick"><span>{t('f.wordings')}</span><input class="input" value={words.value} maxLength={200} onInput={(e) => (words.value = written(e.currentTarget))} /></label>
        <div class="pick"><label for={`code-${id}`}>{t('learn.code')}</label>
          <input id={`code-${id}`} class="input mono" list="services" value={code.value} placeholder={t('learn.code_hint')} autoComplete="off" spellcheck={false} aria-invalid={!!problem.value && !CODE.test(code.value)} aria-describedby={`name-${id}`} onInput={(e) => { code.value = e.currentTarget.value.trim().toUpperCase(); problem.value = ''; }} />
        </div>
        <label class="pick"><span>{t('why')}</span><input class="input" value={why.value} maxLength={500} onInput={(e) => (why.value = written(e.currentTarget))} /></label>
      </div>
      <p class="muted" id={`name-${id}`}>{CODE.test(code.value) && (nameOf(names, code.value) ? t('learn.to', { code: code.value, name: nameOf(names, code.value) }) : names && t('learn.unknown', { code: code.value }))}</p>
      <Sure id={id} doubt={doubt} />
      <p class="field-problem" role="alert">{problem.value && <><Icon name="warning" />{problem.value}</>}</p>
      <div class="task-tools"><Button size="sm" busy={busy.value === 'dismiss'} onClick={() => void act('dismiss')}>{t('learn.dismiss')}</Button><Button size="sm" variant="primary" icon="plus" disabled={!words.value.trim() || !why.value.trim()} busy={busy.value === 'add'} onClick={() => void act('add')}>{t('learn.add')}</Button></div>
    </li>
  );
}

function PairRow({ pair, names, onDone }: { pair: Pair; names: Names; onDone: () => void }): JSX.Element {
  const busy = useSignal(''), problem = useSignal(''), why = useSignal(''), doubt = useDoubt(pair.personal);
  const act = async (verdict: 'accept' | 'reject' | 'reopen'): Promise<void> => {
    if (verdict === 'accept' && mustSay(pair.id, doubt)) {
      problem.value = t('learn.need_sure');
      return;
    }
    if (!why.value.trim()) {
      problem.value = t('why.missing');
      document.getElementById(`why-${pair.id}`)?.focus();
      return;
    }
    busy.value = verdict;
    try {
      const { draft } = await api.judge(pair.id, verdict, why.value.trim(), doubt.sure.value);
      toast(verdict === 'accept' ? t(draft ? 'learn.added' : 'learn.there', { code: pair.code }) : t(verdict === 'reject' ? 'learn.rejected' : 'learn.reopened'), 'success');
      void refresh();
      onDone();
    } catch (error) {
      if (!ended(error)) problem.value = said(error);
      if (doubts(error)) doubt.asked.value = true;
    }
    busy.value = '';
  };
  return (
    <li class="task" tabIndex={-1}>
      <p class="task-text"><span lang={textLang(pair.text)}>{pair.text}</span> <Icon name="right" /> <b>{nameOf(names, pair.code)}</b> <a class="code" href={hrefOf('list', 'item', pair.code)}>{pair.code}</a></p>
      <p class="task-head"><span>{t('learn.clicks', { n: pair.clicks })}</span><span>{t('learn.up', { n: pair.up })}</span><span>{t('learn.down', { n: pair.down })}</span><span>{t('learn.last', { day: day(pair.last_day) })}</span>{pair.standing && <span>{t(`learn.standing.${pair.standing}`)}</span>}</p>
      {pair.why && <p class="muted">{t('learn.last_word', { name: pair.reviewed_by ?? '', why: pair.why })}</p>}
      {pair.state === 'pending' && <Sure id={pair.id} doubt={doubt} />}
      {pair.state !== 'accepted' && <label class="pick"><span>{t('why')}</span><input id={`why-${pair.id}`} class="input" value={why.value} maxLength={500} onInput={(e) => { why.value = written(e.currentTarget); problem.value = ''; }} /></label>}
      {problem.value && <p class="field-problem" role="alert"><Icon name="warning" />{problem.value}</p>}
      {pair.state === 'pending' && <div class="task-tools"><Button size="sm" busy={busy.value === 'reject'} onClick={() => void act('reject')}>{t('learn.reject')}</Button><Button size="sm" variant="primary" icon="check" busy={busy.value === 'accept'} onClick={() => void act('accept')}>{t('learn.accept')}</Button></div>}
      {pair.state === 'rejected' && <div class="task-tools"><Button size="sm" busy={busy.value === 'reopen'} onClick={() => void act('reopen')}>{t('learn.reopen')}</Button></div>}
    </li>
  );
}

function Questions({ names }: { names: Names }): JSX.Element {
  const { data, problem, again } = useLoad(() => api.questions(), [round.value, lang.value]);
  const { list, gone } = useNextRow(data);
  if (problem) return <Retry problem={problem} again={again} />;
  if (!data) return <Skeleton lines={6} />;
  return data.groups.length ? <ul class="tasks" ref={list}>{data.groups.map((g, i) => <Group key={g.ids.join()} group={g} names={names} onDone={() => { again(); gone(i); }} />)}</ul> : <p class="empty-note">{t('learn.none')}</p>;
}

const NO_PAIRS = { pending: 'learn.no_pairs', accepted: 'learn.no_accepted', rejected: 'learn.no_rejected' } as const;

function PairsIn({ state, names }: { state: PairState; names: Names }): JSX.Element {
  const { data, problem, again } = useLoad(() => api.pairs(state), [round.value]);
  const { list, gone } = useNextRow(data);
  if (problem) return <Retry problem={problem} again={again} />;
  if (!data) return <Skeleton lines={6} />;
  return data.pairs.length ? <ul class="tasks" ref={list}>{data.pairs.map((p, i) => <PairRow key={p.id} pair={p} names={names} onDone={() => { again(); gone(i); }} />)}</ul> : <p class="empty-note">{t(NO_PAIRS[state])}</p>;
}

function Pairs({ names }: { names: Names }): JSX.Element {
  const state = useSignal<PairState>('pending');
  return (
    <>
      <Segmented label={t('learn.pair_state')} name="pair-state" value={state.value} onChange={(v) => (state.value = v)} options={(['pending', 'accepted', 'rejected'] as const).map((value) => ({ value, label: t(`learn.state.${value}`) }))} />
      <PairsIn key={state.value} state={state.value} names={names} />
    </>
  );
}

export function LearnView(): JSX.Element {
  const which = useSignal<'questions' | 'pairs'>('questions');
  const { data: names } = useLoad(() => api.services(), [round.value]);
  return (
    <div class="page">
      <header class="page-head"><h2 id="view-title" tabIndex={-1}>{t('view.learn')}</h2><p>{t('learn.text')}</p></header>
      <Segmented label={t('todo.which')} name="learn-which" value={which.value} onChange={(v) => (which.value = v)} options={[{ value: 'questions', label: t('learn.questions') }, { value: 'pairs', label: t('learn.pairs') }]} />
      {which.value === 'questions' ? <Questions names={names} /> : <Pairs names={names} />}
      <datalist id="services">{[...(names ?? [])].map(([code, name]) => <option key={code} value={code}>{name[lang.value]}</option>)}</datalist>
    </div>
  );
}
