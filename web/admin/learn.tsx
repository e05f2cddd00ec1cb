/** What residents asked in vain, and wordings they showed the answer for. Both go into drafts, which a
 *  second person reviews like any other. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { day } from '../lib/format';
import { textLang } from '../lib/i18n';
import { Icon } from '../lib/icons';
import { toast } from '../lib/overlay';
import { lang } from '../lib/prefs';
import { Button, Segmented, Skeleton } from '../lib/ui';
import * as api from './api';
import type { Pair, QuestionGroup } from './api';
import { ended, hrefOf, refresh, round } from './app';
import { useLoad } from './load';
import { Retry } from './side';
import { t } from './text';
import { said } from './work';

const CODE = /^SG-[A-Z]{2}-\d{3}$/;

function Group({ group, onDone }: { group: QuestionGroup; onDone: () => void }): JSX.Element {
  const words = useSignal(group.text), code = useSignal(group.nearest[0] ?? ''), why = useSignal(t('learn.why')), problem = useSignal(''), busy = useSignal('');
  const id = group.ids[0] ?? group.text;
  const act = async (what: 'add' | 'dismiss'): Promise<void> => {
    if (what === 'add' && !CODE.test(code.value)) {
      problem.value = t('learn.bad_code');
      return;
    }
    busy.value = what;
    try {
      if (what === 'add') {
        const { draft } = await api.teach({ code: code.value, text: words.value.trim(), text_lang: group.lang, ids: group.ids, why: why.value.trim() });
        toast(t(draft ? 'learn.added' : 'learn.there', { code: code.value }), 'success');
      } else {
        await api.settle(group.ids, 'dismissed');
        toast(t('learn.dismissed'), 'success');
      }
      void refresh();
      onDone();
    } catch (error) {
      if (!ended(error)) problem.value = said(error);
    }
    busy.value = '';
  };
  return (
    <li class="task">
      <p class="task-head"><span class="num">{t('learn.asked', { n: group.asked })}</span><span>{t('learn.last', { day: day(group.last_day) })}</span>{group.nearest.map((c) => <a key={c} class="code" href={hrefOf('list', 'item', c)}>{c}</a>)}</p>
      <p class="task-text" lang={textLang(group.text)}>{group.text}</p>
      {group.texts.length > 1 && <details><summary>{t('learn.others', { n: group.texts.length - 1 })}</summary><ul class="asked">{group.texts.filter((x) => x !== group.text).map((x) => <li key={x} lang={textLang(x)}>{x}</li>)}</ul></details>}
      <div class="teach">
        <label class="pick"><span>{t('f.wordings')}</span><input class="input" value={words.value} maxLength={200} onInput={(e) => (words.value = e.currentTarget.value)} /></label>
        <label class="pick"><span>{t('learn.code')}</span><input id={`code-${id}`} class="input mono" value={code.value} placeholder="SG-HR-004" aria-invalid={!!problem.value} onInput={(e) => { code.value = e.currentTarget.value.trim().toUpperCase(); problem.value = ''; }} /></label>
        <label class="pick"><span>{t('why')}</span><input class="input" value={why.value} maxLength={500} onInput={(e) => (why.value = e.currentTarget.value)} /></label>
      </div>
      <p class="field-problem" role="alert">{problem.value && <><Icon name="warning" />{problem.value}</>}</p>
      <div class="task-tools"><Button size="sm" busy={busy.value === 'dismiss'} onClick={() => void act('dismiss')}>{t('learn.dismiss')}</Button><Button size="sm" variant="primary" icon="plus" disabled={!words.value.trim() || !why.value.trim()} busy={busy.value === 'add'} onClick={() => void act('add')}>{t('learn.add')}</Button></div>
    </li>
  );
}

function PairRow({ pair, onDone }: { pair: Pair; onDone: () => void }): JSX.Element {
  const busy = useSignal(''), problem = useSignal('');
  const act = async (verdict: 'accept' | 'reject'): Promise<void> => {
    busy.value = verdict;
    try {
      const { draft } = await api.judge(pair.id, verdict, t('learn.why'));
      toast(verdict === 'accept' ? t(draft ? 'learn.added' : 'learn.there', { code: pair.code }) : t('learn.rejected'), 'success');
      void refresh();
      onDone();
    } catch (error) {
      if (!ended(error)) problem.value = said(error);
    }
    busy.value = '';
  };
  return (
    <li class="task">
      <p class="task-text" lang={textLang(pair.text)}>{pair.text} <Icon name="right" /> <a class="code" href={hrefOf('list', 'item', pair.code)}>{pair.code}</a></p>
      <p class="task-head"><span>{t('learn.clicks', { n: pair.clicks })}</span><span>{t('learn.up', { n: pair.up })}</span><span>{t('learn.down', { n: pair.down })}</span><span>{t('learn.last', { day: day(pair.last_day) })}</span></p>
      {problem.value && <p class="field-problem" role="alert"><Icon name="warning" />{problem.value}</p>}
      <div class="task-tools"><Button size="sm" busy={busy.value === 'reject'} onClick={() => void act('reject')}>{t('learn.reject')}</Button><Button size="sm" variant="primary" icon="check" busy={busy.value === 'accept'} onClick={() => void act('accept')}>{t('learn.accept')}</Button></div>
    </li>
  );
}

function Questions(): JSX.Element {
  const { data, problem, again } = useLoad(() => api.questions(), [round.value, lang.value]);
  if (problem) return <Retry problem={problem} again={again} />;
  if (!data) return <Skeleton lines={6} />;
  return data.groups.length ? <ul class="tasks">{data.groups.map((g) => <Group key={g.ids.join()} group={g} onDone={again} />)}</ul> : <p class="empty-note">{t('learn.none')}</p>;
}

function Pairs(): JSX.Element {
  const { data, problem, again } = useLoad(() => api.pairs(), [round.value]);
  if (problem) return <Retry problem={problem} again={again} />;
  if (!data) return <Skeleton lines={6} />;
  return data.pairs.length ? <ul class="tasks">{data.pairs.map((p) => <PairRow key={p.id} pair={p} onDone={again} />)}</ul> : <p class="empty-note">{t('learn.no_pairs')}</p>;
}

export function LearnView(): JSX.Element {
  const which = useSignal<'questions' | 'pairs'>('questions');
  return (
    <div class="page">
      <header class="page-head"><h2 id="view-title" tabIndex={-1}>{t('view.learn')}</h2><p>{t('learn.text')}</p></header>
      <Segmented label={t('todo.which')} name="learn-which" value={which.value} onChange={(v) => (which.value = v)} options={[{ value: 'questions', label: t('learn.questions') }, { value: 'pairs', label: t('learn.pairs') }]} />
      {which.value === 'questions' ? <Questions /> : <Pairs />}
    </div>
  );
}
