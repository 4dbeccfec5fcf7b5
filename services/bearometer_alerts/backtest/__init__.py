"""What would have fired: the service's own detector over a file of news, and anomaly scores for a series of counts."""
