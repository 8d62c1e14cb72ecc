"""A load generator on Locust, as a program of its own: it imports nothing from the kit, and the kit nothing from it.

Importing Locust patches the standard library for gevent, which must happen in no notebook and in no test. It is
started by `gateway_kit.load`, which writes what is to be asked into a file and reads what came of it from another.
"""
