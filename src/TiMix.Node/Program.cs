using TiMix.Node.Commands;

return await TimixProgram.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
