import type { BackendRequirement } from '../run/backend.ts';
import { UsageError } from './failure.ts';

/** @throws UsageError if a library that the backend requires cannot be loaded */
export async function requireBackend(requirement: BackendRequirement | undefined): Promise<void> {
  await requirement?.load().catch((error: Error) => {
    throw new UsageError(error.message, requirement.code);
  });
}
