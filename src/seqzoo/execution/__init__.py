"""Where work runs: tasks in processes of their own, and training runs that outlive a page."""
