using TiMix.Learning.Runtime;
using TiMix.Node.Commands;
using TiMix.Node.Processes;

Console.SetOut(new LastingWriter(Console.Out));
Console.SetError(new LastingWriter(Console.Error));
if (OpenFiles.Lacking(args) is { } lacking)
{
    Console.Error.WriteLine(lacking);
    return ExitCode.Mistake;
}

NativeHeap.Configure();
var code = await TimixProgram.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
if (code is not (ExitCode.Done or ExitCode.Mistake))
{
    // A command that was broken off may have left threads in the middle of a computation.
    EndAtOnce.With(code);
}

return code;
