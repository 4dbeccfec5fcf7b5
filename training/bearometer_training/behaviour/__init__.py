"""Behaviour tests in the manner of CheckList (Ribeiro et al. 2020): does a model read as a person would?

Our own sentences, from patterns and by hand; no model was asked when they were written. They judge and never teach.
"""
