using Fovea.Cli.Commands;

return await FoveaCommand.RunAsync(args);
