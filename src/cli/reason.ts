export { reasonOf } from '../platform/files.ts';
