"""Has kept jobs done: in this one process, or by many through PostgreSQL. Both keep the same contract."""
