/** Before the first word: a greeting, what this is for, and real tasks to start from. */
import type { JSX } from 'preact';
import { Icon, type IconName } from '../lib/icons';
import { BrandMark } from '../lib/ui';
import { chat } from './app';
import { t } from './text';

const TASKS: { key: 'empty.q1' | 'empty.q2' | 'empty.q3' | 'empty.q4' | 'empty.q5' | 'empty.q6'; icon: IconName }[] = [
  { key: 'empty.q1', icon: 'home' },
  { key: 'empty.q2', icon: 'card' },
  { key: 'empty.q3', icon: 'wallet' },
  { key: 'empty.q4', icon: 'person' },
  { key: 'empty.q5', icon: 'heart' },
  { key: 'empty.q6', icon: 'doc' },
];

export function Suggestions({ compact = false }: { compact?: boolean }): JSX.Element {
  return (
    <ul class={compact ? 'tasks tasks-compact' : 'tasks'}>
      {TASKS.map(({ key, icon }) => (
        <li key={key}>
          <button type="button" class="task" onClick={() => chat.say(t(key))}>
            <span class="task-icon"><Icon name={icon} /></span>
            <span>{t(key)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

export function Empty(): JSX.Element {
  return (
    <section class="empty">
      <div class="empty-mark"><BrandMark /></div>
      <h2>{t('empty.greeting')}</h2>
      <p class="empty-text">{t('empty.text')}</p>
      <h3>{t('empty.try')}</h3>
      <Suggestions />
      <ul class="empty-facts">
        <li><Icon name="shield" />{t('empty.facts.sources')}</li>
        <li><Icon name="list" />{t('empty.facts.compare')}</li>
        <li><Icon name="headset" />{t('empty.facts.human')}</li>
      </ul>
    </section>
  );
}
