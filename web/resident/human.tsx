/** The bar that says who answers while it is not the assistant: the queue, or a person. */
import type { JSX } from 'preact';
import { tl } from '../lib/i18n';
import { QueueFacts } from '../lib/cards/human';
import { Avatar, Button, Spinner } from '../lib/ui';
import { chat, consult, sheet } from './app';
import { t } from './text';

export function HumanBar(): JSX.Element | null {
  const { mode, agent, position, wait_s } = chat.state.value;
  if (mode === 'bot') return null;
  // In the waiting room the same facts stand under the picture.
  if (consult.view.value === 'room' && mode !== 'human') return null;
  const rejoin = consult.resumable && consult.view.value === 'none' && (
    <Button size="sm" variant="primary" icon="camera" onClick={() => (sheet.value = 'check')}>
      {t('call.join')}
    </Button>
  );
  if (mode === 'human') {
    const name = agent?.name ?? '';
    return (
      <section class="human-bar" aria-label={t('app.human')}>
        <Avatar kind="agent" name={name} />
        <p>
          <strong>{agent?.city ? t('human.with_city', { name, city: tl(`city.${agent.city}`) }) : t('human.with', { name })}</strong>
          <small>{t('human.bot_silent')}</small>
        </p>
        <div class="human-bar-tools">
          {rejoin}
          <Button size="sm" onClick={() => (sheet.value = 'end')}>{t('human.end')}</Button>
        </div>
      </section>
    );
  }
  return (
    <section class="human-bar" aria-label={t('human.queue')} aria-live="polite">
      <Spinner />
      <div class="human-bar-text">
        {mode === 'offered' ? <strong>{t('human.offered')}</strong> : <QueueFacts position={position} wait={wait_s} />}
      </div>
      <div class="human-bar-tools">
        {rejoin}
        <Button size="sm" onClick={() => chat.cancelHandoff()}>{tl('handoff.cancel')}</Button>
      </div>
    </section>
  );
}
