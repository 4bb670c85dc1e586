import { expect, test } from 'vitest';
import { Speed } from '../../src/cli/progress-bar.ts';

test('the time left is what the rest takes at the speed so far', () => {
  const speed = new Speed();
  expect(speed.timeLeft(0, 0, 'setup', 1000)).toBeUndefined();
  expect(speed.timeLeft(0, 400, 'evaluate', 3000)).toBeUndefined();
  // 100 in 500 ms, so 300 in 1500 ms.
  expect(speed.timeLeft(100, 400, 'evaluate', 3500)).toBe(1500);
  expect(speed.timeLeft(400, 400, 'evaluate', 5000)).toBe(0);
});

test('a phase that comes again goes on from where it was', () => {
  const speed = new Speed();
  speed.timeLeft(0, 400, 'evaluate', 0);
  speed.timeLeft(200, 400, 'evaluate', 1000);
  speed.timeLeft(0, 1, 'encrypt', 1000);
  expect(speed.timeLeft(200, 400, 'evaluate', 9000)).toBeUndefined();
  // 100 in 300 ms: what the other phase took does not count.
  expect(speed.timeLeft(300, 400, 'evaluate', 9300)).toBe(300);
});
