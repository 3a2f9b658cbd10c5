using TiMix.Learning.Runtime;
using TiMix.Node.Commands;

NativeHeap.Configure();
return await TimixProgram.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
