/** What editors should look at: reported by residents, due for review, questions nobody could answer. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { moment } from '../lib/format';
import { Icon } from '../lib/icons';
import { toast } from '../lib/overlay';
import { lang } from '../lib/prefs';
import { Badge, Button, cx, Segmented, Skeleton } from '../lib/ui';
import * as api from './api';
import type { Task } from './api';
import { ended, hrefOf, refresh, round } from './app';
import { keepFocus, useNextRow } from './focus';
import { useLoad } from './load';
import { Retry } from './side';
import { t } from './text';
import { said } from './work';
import { written } from './written';

function TaskCard({ task, onDone }: { task: Task; onDone: () => void }): JSX.Element {
  const note = useSignal(''), writing = useSignal(false), busy = useSignal(false), missing = useSignal(false), done = useSignal(task.state === 'done');
  const id = `note-${task.id}`;
  const close = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!note.value.trim()) {
      missing.value = true;
      document.getElementById(id)?.focus();
      return;
    }
    busy.value = true;
    try {
      await api.closeTask(task.id, note.value.trim());
      done.value = true;
      toast(t('task.closed'), 'success');
      void refresh();
      onDone();
    } catch (error) {
      if (!ended(error)) toast(said(error), 'warning');
    }
    busy.value = false;
  };
  return (
    <li class={cx('task', done.value && 'task-done')} tabIndex={-1}>
      <p class="task-head">
        <Badge tone={task.kind === 'outdated' || task.kind === 'publish' ? 'warning' : 'info'}>{t(`task.${task.kind}`)}</Badge>
        {task.count > 1 && <span class="num">{t('task.count', { n: task.count })}</span>}
        <time dateTime={task.last_at}>{moment(task.last_at)}</time>
      </p>
      <p class="task-text">{task.text[lang.value]}</p>
      {task.note && <p class="history-why">{task.note}</p>}
      <div class="task-tools">
        {task.record && <a class="btn btn-secondary btn-sm" href={hrefOf('list', task.record.kind, task.record.key)}><Icon name="doc" /><span>{t('task.open', { key: task.record.key })}</span></a>}
        {!done.value && !writing.value && <Button size="sm" icon="check" id={`close-${task.id}`} onClick={() => { writing.value = true; setTimeout(() => document.getElementById(id)?.focus()); }}>{t('task.close')}</Button>}
      </div>
      {writing.value && !done.value && (
        <form class="task-form" onSubmit={(e) => void close(e)}>
          <label class="fld-label" for={id}>{t('task.note')}</label>
          <textarea id={id} class="input grow" rows={1} maxLength={500} value={note.value} aria-invalid={missing.value} onInput={(e) => { note.value = written(e.currentTarget); missing.value = false; }} />
          {missing.value && <p class="field-problem" role="alert"><Icon name="warning" />{t('task.note_missing')}</p>}
          <div class="task-tools"><Button size="sm" onClick={() => { writing.value = false; keepFocus(`#close-${task.id}`); }}>{t('cancel')}</Button><Button size="sm" variant="primary" type="submit" busy={busy.value}>{t('task.close_go')}</Button></div>
        </form>
      )}
    </li>
  );
}

export function TaskList({ tasks }: { tasks: Task[] }): JSX.Element {
  const { list, gone } = useNextRow(tasks);
  return <ul class="tasks" ref={list}>{tasks.map((task, i) => <TaskCard key={task.id} task={task} onDone={() => gone(i)} />)}</ul>;
}

export function TasksView(): JSX.Element {
  const state = useSignal<'open' | 'done'>('open');
  const { data, problem, again } = useLoad(() => api.tasks(state.value), [state.value, round.value, lang.value]);
  return (
    <div class="page">
      <header class="page-head"><h2 id="view-title" tabIndex={-1}>{t('view.todo')}</h2><p>{t('todo.text')}</p></header>
      <Segmented label={t('todo.which')} name="todo-state" value={state.value} onChange={(v) => (state.value = v)} options={[{ value: 'open', label: t('todo.open') }, { value: 'done', label: t('todo.done') }]} />
      {problem ? <Retry problem={problem} again={again} /> : !data ? <Skeleton lines={5} /> : data.tasks.length ? <TaskList tasks={data.tasks} /> : <p class="empty-note">{t('tasks.none')}</p>}
    </div>
  );
}
