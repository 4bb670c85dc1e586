import { expect, test } from 'vitest';
import { Mailbox } from '../../src/backends/seal/mailbox.ts';

test('an item is delivered whether it or the wait comes first', async () => {
  const box = new Mailbox<number, string>();
  box.put(1, 'one');
  const two = box.take(2);
  box.put(2, 'two');
  expect([await box.take(1), await two]).toEqual(['one', 'two']);
});

test('a key can be used again after its item is taken', async () => {
  const box = new Mailbox<number, string>();
  box.put(1, 'first');
  await box.take(1);
  const again = box.take(1);
  box.put(1, 'second');
  expect(await again).toBe('second');
});

test('closing rejects all waits, before and after, with the first reason', async () => {
  const box = new Mailbox<number, string>();
  const before = box.take(1);
  box.close(new Error('gone'));
  box.close(new Error('again'));
  await expect(before).rejects.toThrow('gone');
  await expect(box.take(1)).rejects.toThrow('gone');
});
