export type {} from '@project-runner/core';
