// Once for all: every disturbed run is compared with the same one.
[assembly: AssemblyFixture(typeof(TiMix.Testing.Live.UndisturbedRun))]
