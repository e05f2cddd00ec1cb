/** What the components of the resident page share: one chat, one consultation, one open sheet. */
import { signal } from '@preact/signals';
import type { Media } from '../lib/types';
import { toast } from '../lib/overlay';
import { Chat } from './chat';
import { Consult } from './consult';
import { t } from './text';

export type Sheet = 'none' | 'human' | 'settings' | 'check' | 'end';

export const chat = new Chat();
export const consult = new Consult(chat);
export const sheet = signal<Sheet>('none');

/** The way to a person: first tap asks how, second tap is on the way. */
export function toPerson(mode?: Media): void {
  if (chat.state.peek().mode !== 'bot' && !consult.resumable) {
    toast(t('human.busy'), 'info');
    sheet.value = 'none';
    return;
  }
  if (mode === 'video') sheet.value = 'check';
  else if (mode === 'text') {
    sheet.value = 'none';
    chat.handoff('text');
  } else sheet.value = 'human';
}
