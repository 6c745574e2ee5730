#!/usr/bin/env python3
"""Leaves a sign that it has run, and stays, whoever else is gone."""
import os, time

open(f"{os.environ['SHERIN_OUT']}/ran", "w").close()
time.sleep(600)
