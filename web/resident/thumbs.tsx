/** Whether an answer helped: two buttons under it, one verdict a message, and a way on when it did not. */
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { Icon } from '../lib/icons';
import { store } from '../lib/prefs';
import { Button, IconButton } from '../lib/ui';
import { chat, toPerson } from './app';
import type { Line } from './chat';
import { t } from './text';

type Verdict = 'up' | 'down';
const KEY = 'sg.helped';
const KEPT = 60;

function load(): readonly (readonly [string, Verdict])[] {
  try {
    const kept: unknown = JSON.parse(store.get(KEY) ?? '[]');
    return Array.isArray(kept) ? (kept as [string, Verdict][]) : [];
  } catch {
    return [];
  }
}

const given = signal(load());

function give(line: Line, verdict: Verdict): void {
  if (!chat.feedback(line.seq, verdict)) return;
  given.value = [...given.value, [line.id, verdict] as const].slice(-KEPT);
  store.set(KEY, JSON.stringify(given.value));
}

export function Thumbs({ line }: { line: Line }): JSX.Element {
  const verdict = given.value.find(([id]) => id === line.id)?.[1];
  if (verdict) {
    return (
      <p class="thumbs" role="status">
        <Icon name={verdict === 'up' ? 'thumb-up' : 'thumb-down'} />
        <span>{t(verdict === 'up' ? 'thumbs.thanks' : 'thumbs.sorry')}</span>
        {verdict === 'down' && chat.state.value.mode === 'bot' && (
          <Button size="sm" variant="quiet" icon="headset" onClick={() => toPerson('text')}>{t('thumbs.person')}</Button>
        )}
      </p>
    );
  }
  return (
    <div class="thumbs" role="group" aria-label={t('thumbs.ask')}>
      <span aria-hidden="true">{t('thumbs.ask')}</span>
      <IconButton icon="thumb-up" label={t('thumbs.up')} onClick={() => give(line, 'up')} />
      <IconButton icon="thumb-down" label={t('thumbs.down')} onClick={() => give(line, 'down')} />
    </div>
  );
}
