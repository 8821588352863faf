"""Should a network forecast this series at all? Its description, a contest with rivals, and a verdict."""
