using Fovea.Torch;
using TorchSharp;

TorchRuntime.Start(1);
Console.WriteLine(torch.ones(2, 2).sum().item<float>());
Console.WriteLine(TorchRuntime.LoadState);
return 0;
