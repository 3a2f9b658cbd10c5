using TiMix.Learning.Runtime;
using TiMix.Node.Commands;
using TiMix.Node.Processes;

if (OpenFiles.Lacking(args) is { } lacking)
{
    Console.Error.WriteLine(lacking);
    return ExitCode.Mistake;
}

NativeHeap.Configure();
return await TimixProgram.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
