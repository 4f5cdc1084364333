using WeChat.UnionPush.Fuzz;

// This process has the library as it was built. The run has a second copy of this program beside an instrumented copy of the library.
return Options.TryRead(args, out var options) ? InstrumentedLibrary.Run(options) : Options.Usage();
