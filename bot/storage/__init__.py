"""What must outlive the process, in SQLite: ``storage.open_storage`` gives all stores."""
